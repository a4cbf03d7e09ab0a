/* A strategy that does almost nothing, so that what is measured is the way to it: counts trades and
 * shares, and says on a timer what it counted. With ORDERS it wants an order on every trade. */

#include "strategy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const StrategyHostTable *host;
    StrategyHostContext *context;
    uint64_t trades;
    int64_t shares;
} Probe;

static int32_t make(const StrategyHostTable *host, StrategyHostContext *context,
                    const char *params, size_t length, StrategyPluginInstance **instance) {
    Probe *self = calloc(1, sizeof *self);
    (void)params;
    (void)length;
    if (self == NULL) {
        return STRATEGY_STATUS_ERROR;
    }
    self->host = host;
    self->context = context;
    *instance = (StrategyPluginInstance *)self;
    return STRATEGY_STATUS_OK;
}

static void unmake(StrategyPluginInstance *instance) {
    free(instance);
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    Probe *self = (Probe *)instance;
    self->trades += 1;
    self->shares += trade->quantity;
#ifdef ORDERS
    StrategyOrderRequest order = {0};
    StrategyClientOrderId id = 0;
    order.instrument = trade->header.instrument;
    order.venue = trade->header.venue;
    order.side = STRATEGY_SIDE_BUY;
    order.order_type = STRATEGY_ORDER_TYPE_LIMIT;
    order.price = trade->price;
    order.stop_price = STRATEGY_PRICE_UNSET;
    order.quantity = 1;
    if (self->host->submit(self->context, &order, &id) != 0) {
        return STRATEGY_STATUS_ERROR;
    }
#endif
    return STRATEGY_STATUS_OK;
}

static int32_t on_timer(StrategyPluginInstance *instance, uint64_t tag, uint64_t due) {
    Probe *self = (Probe *)instance;
    char text[64];
    (void)tag;
    (void)due;
    int length = snprintf(text, sizeof text, "%" PRIu64 " trades, %" PRId64 " shares",
                          self->trades, self->shares);
    self->host->log(self->context, STRATEGY_LOG_LEVEL_INFO, text, (size_t)length);
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "probe",
        .create = make,
        .destroy = unmake,
        .on_trade = on_trade,
        .on_timer = on_timer,
    };
    return &table;
}
