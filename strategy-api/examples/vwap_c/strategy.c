/* Buys an amount of one stock in slices, each below the day's volume-weighted average price.
 *
 * A complete strategy in C: parameters, a timer, trades, orders and their reports. Build it:
 *
 *     make                                        (or the cc line in the Makefile)
 *
 * and name the library in the configuration of the engine:
 *
 *     [[strategy]]
 *     name = "vwap"
 *     plugin = "../strategy-api/examples/vwap_c/libvwap.so"
 *     types = ["0B"]
 *     symbols = ["005930"]
 *     [strategy.params]
 *     symbol = "005930"
 *     quantity = 100          # shares to buy in all, 1 or more
 *     slice = 10              # shares in one order, 1 or more
 *     interval_ms = 500       # time between two orders, 1 or more
 */

#include "strategy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const StrategyHostTable *host;
    StrategyHostContext *context;
    StrategyInstrumentId instrument;

    int64_t wanted;  /* shares to buy in all */
    int64_t slice;   /* shares in one order */
    int64_t bought;  /* shares filled */
    int64_t pending; /* shares in an order that has not ended */

    int64_t volume;      /* shares traded since we watch */
    int64_t value;       /* KRW traded since we watch */
    StrategyPrice last;  /* last trade */
    StrategyPrice offer; /* best ask at that moment */
} Vwap;

enum { SLICE_TIMER = 1 };

/* Says why we cannot go on; to be returned at once. */
static int32_t fail(const StrategyHostTable *host, StrategyHostContext *context, const char *text) {
    host->set_error(context, text, strlen(text));
    return STRATEGY_STATUS_ERROR;
}

static void say(Vwap *self, StrategyLogLevel level, const char *text) {
    self->host->log(self->context, level, text, strlen(text));
}

/* Copies the parameter `key` to `text` as a C string; 0 when it is not there or too long. */
static int param(const StrategyHostTable *host, StrategyHostContext *context, const char *key,
                 char *text, size_t capacity) {
    const char *found = NULL;
    size_t length = 0;
    if (host->param(context, key, strlen(key), &found, &length) != 0 || length >= capacity) {
        return 0;
    }
    memcpy(text, found, length);
    text[length] = '\0';
    return 1;
}

/* The parameter `key` as a number of at least 1, or `otherwise` when it is not there; 0 when it is
 * wrong. */
static int64_t positive_param(const StrategyHostTable *host, StrategyHostContext *context,
                              const char *key, int64_t otherwise) {
    char text[32];
    char *end = NULL;
    if (!param(host, context, key, text, sizeof text)) {
        return otherwise;
    }
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return (errno == 0 && *end == '\0' && number >= 1) ? number : 0;
}

static int32_t on_create(const StrategyHostTable *host, StrategyHostContext *context,
                         const char *params, size_t params_length,
                         StrategyPluginInstance **instance) {
    (void)params; /* We ask for single keys instead of reading the TOML. */
    (void)params_length;
    if (host->abi_major != STRATEGY_ABI_MAJOR || host->size < sizeof(StrategyHostTable)) {
        return STRATEGY_STATUS_VERSION;
    }

    char symbol[16];
    StrategyInstrumentId id = STRATEGY_INSTRUMENT_ID_NONE;
    if (!param(host, context, "symbol", symbol, sizeof symbol)) {
        return fail(host, context, "the parameter `symbol` is missing or too long");
    }
    if (host->find_instrument(context, symbol, strlen(symbol), &id) != 0) {
        return fail(host, context, "`symbol` names an instrument that this run does not have");
    }
    int64_t wanted = positive_param(host, context, "quantity", 100);
    int64_t slice = positive_param(host, context, "slice", 10);
    int64_t interval_ms = positive_param(host, context, "interval_ms", 500);
    if (wanted == 0 || slice == 0 || interval_ms == 0) {
        return fail(host, context, "`quantity`, `slice` and `interval_ms` must be 1 or more");
    }

    Vwap *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return fail(host, context, "no memory");
    }
    self->host = host;
    self->context = context;
    self->instrument = id;
    self->wanted = wanted;
    self->slice = slice;
    uint64_t interval_ns = (uint64_t)interval_ms * 1000000u;
    if (host->set_timer(context, SLICE_TIMER, interval_ns, interval_ns) != 0) {
        free(self);
        return fail(host, context, "no timer is free");
    }
    *instance = (StrategyPluginInstance *)self;
    return STRATEGY_STATUS_OK;
}

static void on_destroy(StrategyPluginInstance *instance) {
    free(instance);
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    Vwap *self = (Vwap *)instance;
    if (trade->header.instrument != self->instrument || trade->quantity <= 0 || trade->price <= 0) {
        return STRATEGY_STATUS_OK;
    }
    self->volume += trade->quantity;
    self->value += (int64_t)trade->price * trade->quantity;
    self->last = trade->price;
    self->offer = trade->ask;
    return STRATEGY_STATUS_OK;
}

/* Time for the next slice, if the stock is on offer no dearer than the average. */
static int32_t on_timer(StrategyPluginInstance *instance, uint64_t tag, uint64_t due_ns) {
    Vwap *self = (Vwap *)instance;
    (void)tag;
    (void)due_ns;
    int64_t left = self->wanted - self->bought - self->pending;
    if (left <= 0 || self->pending > 0 || self->volume == 0 || self->offer <= 0) {
        return STRATEGY_STATUS_OK;
    }
    int64_t average = self->value / self->volume;
    if (self->offer > average) {
        return STRATEGY_STATUS_OK;
    }

    StrategyOrderRequest order = {
        .instrument = self->instrument,
        .venue = STRATEGY_VENUE_KRX,
        .side = STRATEGY_SIDE_BUY,
        .order_type = STRATEGY_ORDER_TYPE_LIMIT_IOC,
        .price = self->offer,
        .stop_price = STRATEGY_PRICE_UNSET,
        .quantity = left < self->slice ? left : self->slice,
    };
    uint64_t id = 0;
    int32_t refusal = self->host->submit(self->context, &order, &id);
    char line[128];
    if (refusal == 0) {
        self->pending = order.quantity;
        snprintf(line, sizeof line, "buying %lld at %d, average %lld", (long long)order.quantity,
                 (int)order.price, (long long)average);
        say(self, STRATEGY_LOG_LEVEL_INFO, line);
    } else {
        snprintf(line, sizeof line, "the engine refused the order: code %d", (int)refusal);
        say(self, STRATEGY_LOG_LEVEL_WARN, line);
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_order(StrategyPluginInstance *instance, const StrategyOrderReport *report) {
    Vwap *self = (Vwap *)instance;
    if (report->event == STRATEGY_ORDER_EVENT_FILLED && report->last_quantity > 0) {
        self->bought += report->last_quantity;
        self->pending -= report->last_quantity;
    }
    switch (report->status) {
    case STRATEGY_ORDER_STATUS_FILLED:
    case STRATEGY_ORDER_STATUS_CANCELLED:
    case STRATEGY_ORDER_STATUS_REJECTED:
    case STRATEGY_ORDER_STATUS_DENIED:
    case STRATEGY_ORDER_STATUS_DRY_RUN:
        self->pending = 0;
        break;
    default:
        break;
    }
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "vwap",
        .version = "0.1.0",
        .description = "Buys in slices below the volume-weighted average price",
        .create = on_create,
        .destroy = on_destroy,
        .on_trade = on_trade,
        .on_timer = on_timer,
        .on_order = on_order,
    };
    return &table;
}
