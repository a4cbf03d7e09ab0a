/* A strategy for tests: does what its script says, one step after the other, and writes down what it is
 * told, at its start above all.
 *
 *     [strategy.params]
 *     steps = "BRC"       # default: none, it only looks
 *
 *     B  buys ten shares far below the market: the order rests
 *     S  sells five shares far above the market: the order rests
 *     X  buys ten shares at once
 *     P  buys more than is offered: fills in part, and the rest stays
 *     R  replaces the price of the newest order
 *     C  cancels the newest order
 *
 * A step waits until the one before it was confirmed; in lower case it does not wait. An order that the
 * gate denies is tried again a little later.
 */

#include "strategy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK = 500, ORDERS_MAX = 16 };

typedef struct {
    const StrategyHostTable *host;
    StrategyHostContext *context;
    StrategyInstrumentId instrument;
    char steps[32];
    size_t next;
    /* The event that is waited for; 0: none. */
    StrategyOrderEvent wanted;
    StrategyClientOrderId newest;
    StrategyPrice price; /* of the newest order */
    StrategyPrice last;  /* of the market; 0: none yet */
    StrategyPrice ask;
    int pause; /* trades to wait before a step that was denied is tried again */
} Trader;

static void say(Trader *self, const char *text) {
    self->host->log(self->context, STRATEGY_LOG_LEVEL_INFO, text, strlen(text));
}

static int32_t make(const StrategyHostTable *host, StrategyHostContext *context,
                    const char *params, size_t length, StrategyPluginInstance **instance) {
    (void)params;
    (void)length;
    Trader *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return STRATEGY_STATUS_ERROR;
    }
    self->host = host;
    self->context = context;
    const char *found = NULL;
    size_t count = 0;
    if (host->param(context, "steps", 5, &found, &count) == 0 && count < sizeof self->steps) {
        memcpy(self->steps, found, count);
    }
    if (host->find_instrument(context, "005930", 6, &self->instrument) != 0) {
        free(self);
        return STRATEGY_STATUS_ERROR;
    }
    *instance = (StrategyPluginInstance *)self;
    return STRATEGY_STATUS_OK;
}

static void unmake(StrategyPluginInstance *instance) {
    free(instance);
}

/* Prices are on the grid of ticks. */
static StrategyPrice grid(int64_t price) {
    return (StrategyPrice)(price / TICK * TICK);
}

static int32_t submit(Trader *self, StrategySide side, StrategyPrice price, int64_t quantity) {
    StrategyOrderRequest order = {
        .instrument = self->instrument,
        .venue = STRATEGY_VENUE_KRX,
        .side = side,
        .order_type = STRATEGY_ORDER_TYPE_LIMIT,
        .price = price,
        .stop_price = STRATEGY_PRICE_UNSET,
        .quantity = quantity,
    };
    self->price = price;
    return self->host->submit(self->context, &order, &self->newest);
}

static int32_t replace(Trader *self) {
    StrategyReplaceRequest request = {
        .order = self->newest,
        .price = self->price - TICK,
        .stop_price = STRATEGY_PRICE_UNSET,
        .quantity = 0,
    };
    self->price = request.price;
    return self->host->replace(self->context, &request);
}

static int32_t cancel(Trader *self) {
    StrategyCancelRequest request = {.order = self->newest, .quantity = 0};
    return self->host->cancel(self->context, &request);
}

static void go_on(Trader *self) {
    while (self->last > 0 && self->steps[self->next] != '\0') {
        char step = self->steps[self->next];
        if (self->wanted != 0 && isupper((unsigned char)step)) {
            return;
        }
        int32_t code = 0;
        switch (toupper((unsigned char)step)) {
        case 'B':
            self->wanted = STRATEGY_ORDER_EVENT_ACCEPTED;
            code = submit(self, STRATEGY_SIDE_BUY, grid((int64_t)self->last * 4 / 5), 10);
            break;
        case 'S':
            self->wanted = STRATEGY_ORDER_EVENT_ACCEPTED;
            code = submit(self, STRATEGY_SIDE_SELL, grid((int64_t)self->last * 6 / 5), 5);
            break;
        case 'X':
            self->wanted = STRATEGY_ORDER_EVENT_FILLED;
            code = submit(self, STRATEGY_SIDE_BUY, grid(self->ask) + 4 * TICK, 10);
            break;
        case 'P':
            self->wanted = STRATEGY_ORDER_EVENT_FILLED;
            code = submit(self, STRATEGY_SIDE_BUY, grid(self->ask) + TICK, 500000);
            break;
        case 'R':
            self->wanted = STRATEGY_ORDER_EVENT_REPLACED;
            code = replace(self);
            break;
        case 'C':
            self->wanted = STRATEGY_ORDER_EVENT_CANCELLED;
            code = cancel(self);
            break;
        default:
            code = -1;
        }
        char text[100];
        snprintf(text, sizeof text, "step %c order=%llu code=%d", step,
                 (unsigned long long)self->newest, (int)code);
        say(self, text);
        self->next += 1;
    }
}

static void say_position(Trader *self, const char *when) {
    char text[200];
    StrategyPosition position = {0};
    int32_t code = self->host->position(self->context, self->instrument, &position);
    snprintf(text, sizeof text, "%s position code=%d quantity=%lld open_buy=%lld open_sell=%lld",
             when, (int)code, (long long)position.quantity, (long long)position.open_buy,
             (long long)position.open_sell);
    say(self, text);
}

static int32_t on_start(StrategyPluginInstance *instance) {
    Trader *self = (Trader *)instance;
    char text[200];
    say_position(self, "start");
    StrategyWorkingOrder orders[ORDERS_MAX];
    size_t count = 0;
    int32_t code = self->host->working_orders(self->context, orders, ORDERS_MAX, &count);
    for (size_t i = 0; i < count && i < ORDERS_MAX; i++) {
        const StrategyWorkingOrder *order = &orders[i];
        snprintf(text, sizeof text, "start order number=%s status=%d price=%d leaves=%lld filled=%lld",
                 (const char *)order->order_number.bytes, (int)order->status,
                 (int)order->request.price, (long long)order->leaves,
                 (long long)order->cumulative_filled);
        say(self, text);
    }
    snprintf(text, sizeof text, "start end code=%d orders=%zu", (int)code, count);
    say(self, text);
    return STRATEGY_STATUS_OK;
}

static int32_t on_order(StrategyPluginInstance *instance, const StrategyOrderReport *report) {
    Trader *self = (Trader *)instance;
    char text[200];
    snprintf(text, sizeof text, "order event=%d status=%d leaves=%lld filled=%lld refusal=%d %s",
             (int)report->event, (int)report->status, (long long)report->leaves,
             (long long)report->cumulative_filled, (int)report->refusal,
             (const char *)report->reason.bytes);
    say(self, text);
    say_position(self, "then");
    if (report->order != self->newest || self->next == 0) {
        return STRATEGY_STATUS_OK;
    }
    if (report->event == STRATEGY_ORDER_EVENT_DENIED) {
        /* While an order of the run before is in doubt, the gate is closed. */
        self->wanted = 0;
        self->next -= 1;
        self->pause = 20;
    } else if (report->event == self->wanted) {
        self->wanted = 0;
        go_on(self);
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    Trader *self = (Trader *)instance;
    if (trade->ask > 0 && trade->price > 0) {
        self->last = trade->price;
        self->ask = trade->ask;
        if (self->pause > 0) {
            self->pause -= 1;
        } else {
            go_on(self);
        }
    }
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "trader",
        .create = make,
        .destroy = unmake,
        .on_start = on_start,
        .on_order = on_order,
        .on_trade = on_trade,
    };
    return &table;
}
