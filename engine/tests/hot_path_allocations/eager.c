/* A strategy that does on every event what costs the engine most: orders, timers, look-ups. */

#include "strategy.h"

#include <string.h>

typedef struct {
    const StrategyHostTable *host;
    StrategyHostContext *context;
} Eager;

enum { TIMER = 1 };

static int32_t make(const StrategyHostTable *host, StrategyHostContext *context,
                    const char *params, size_t length, StrategyPluginInstance **instance) {
    static Eager self;
    (void)params;
    (void)length;
    self.host = host;
    self.context = context;
    *instance = (StrategyPluginInstance *)&self;
    return STRATEGY_STATUS_OK;
}

static void unmake(StrategyPluginInstance *instance) {
    (void)instance;
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    Eager *self = (Eager *)instance;
    StrategyOrderRequest order = {0};
    StrategyClientOrderId id = 0;
    StrategyInstrument about;
    const char *text = NULL;
    size_t length = 0;
    order.instrument = trade->header.instrument;
    order.venue = trade->header.venue;
    order.side = STRATEGY_SIDE_BUY;
    order.order_type = STRATEGY_ORDER_TYPE_LIMIT;
    order.price = trade->price;
    order.stop_price = STRATEGY_PRICE_UNSET;
    order.quantity = 1;
    self->host->instrument(self->context, trade->header.instrument, &about);
    self->host->field(self->context, 228, &text, &length);
    self->host->random(self->context);
    self->host->set_timer(self->context, TIMER, 1, 0);
    if (self->host->submit(self->context, &order, &id) != 0) {
        return STRATEGY_STATUS_OK; /* the ring is full: that is an answer, too */
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_depth(StrategyPluginInstance *instance, const StrategyDepth *depth) {
    Eager *self = (Eager *)instance;
    StrategyCancelRequest cancel = {0};
    (void)depth;
    cancel.order = 1;
    self->host->cancel(self->context, &cancel);
    return STRATEGY_STATUS_OK;
}

static int32_t on_order(StrategyPluginInstance *instance, const StrategyOrderReport *report) {
    Eager *self = (Eager *)instance;
    (void)report;
    self->host->log(self->context, STRATEGY_LOG_LEVEL_INFO, "a report", strlen("a report"));
    return STRATEGY_STATUS_OK;
}

static int32_t on_timer(StrategyPluginInstance *instance, uint64_t tag, uint64_t due) {
    (void)instance;
    (void)tag;
    (void)due;
    return STRATEGY_STATUS_OK;
}

static int32_t on_feed(StrategyPluginInstance *instance, const StrategyFeedEvent *event) {
    (void)instance;
    (void)event;
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "eager",
        .create = make,
        .destroy = unmake,
        .on_trade = on_trade,
        .on_depth = on_depth,
        .on_order = on_order,
        .on_timer = on_timer,
        .on_feed = on_feed,
    };
    return &table;
}
