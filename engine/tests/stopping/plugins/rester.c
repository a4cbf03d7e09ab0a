/* A strategy for tests: rests orders far below the market, and misbehaves on demand.
 *
 *     [strategy.params]
 *     orders = 50       # how many it rests; default 0
 *     first = 189000    # price of the first, KRW; each one is 500 higher; default 189000
 *     buy = 10          # shares it buys for real once its orders rest (see `go`); default 0
 *     then = "error"    # what it does at the next trade once its orders rest: "error" returns one,
 *                       # "stop" asks to be stopped, "loop" never returns, "sleep" returns after two
 *                       # minutes; default nothing
 *     go = "FILE"       # ... and once this file is there; default at once
 *
 * An order of its own that is cancelled without its wish makes it try a new one: why that is refused it
 * writes down.
 */

#define _POSIX_C_SOURCE 200809L
#include "strategy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK 500
#define TEXT_MAX 256

typedef struct {
    const StrategyHostTable *host;
    StrategyHostContext *context;
    long orders;
    long first;
    long buy;
    char then[TEXT_MAX];
    char go[TEXT_MAX];
    StrategyInstrumentId instrument;
    StrategyPrice last;
    long sent;
    long resting;
    long cancelled;
    long probes;
    int probe_again;
    int bought;
    int32_t refused;
} Rester;

static void say(Rester *self, const char *text) {
    self->host->log(self->context, STRATEGY_LOG_LEVEL_INFO, text, strlen(text));
}

static int may_go(const Rester *self) {
    return self->go[0] == '\0' || access(self->go, F_OK) == 0;
}

static void text_of(Rester *self, const char *key, char *into) {
    const char *found = NULL;
    size_t length = 0;
    into[0] = '\0';
    if (self->host->param(self->context, key, strlen(key), &found, &length) == 0 &&
        length < TEXT_MAX) {
        memcpy(into, found, length);
        into[length] = '\0';
    }
}

static long number_of(Rester *self, const char *key, long usual) {
    char text[TEXT_MAX];
    text_of(self, key, text);
    return text[0] == '\0' ? usual : strtol(text, NULL, 10);
}

static int32_t make(const StrategyHostTable *host, StrategyHostContext *context,
                    const char *params, size_t length, StrategyPluginInstance **instance) {
    (void)params;
    (void)length;
    Rester *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return STRATEGY_STATUS_ERROR;
    }
    self->host = host;
    self->context = context;
    self->orders = number_of(self, "orders", 0);
    self->first = number_of(self, "first", 189000);
    self->buy = number_of(self, "buy", 0);
    text_of(self, "then", self->then);
    text_of(self, "go", self->go);
    *instance = (StrategyPluginInstance *)self;
    return STRATEGY_STATUS_OK;
}

static void unmake(StrategyPluginInstance *instance) {
    free(instance);
}

/* Why an order does not go out, each reason once. */
static void say_refused(Rester *self, int32_t refusal) {
    char text[64];
    if (refusal != self->refused) {
        self->refused = refusal;
        snprintf(text, sizeof text, "not yet, refusal=%d", (int)refusal);
        say(self, text);
    }
}

static int32_t submit(Rester *self, StrategyPrice price, long quantity) {
    StrategyOrderRequest order = {0};
    StrategyClientOrderId id = 0;
    order.instrument = self->instrument;
    order.venue = STRATEGY_VENUE_KRX;
    order.side = STRATEGY_SIDE_BUY;
    order.order_type = STRATEGY_ORDER_TYPE_LIMIT;
    order.price = price;
    order.stop_price = STRATEGY_PRICE_UNSET;
    order.quantity = quantity;
    return self->host->submit(self->context, &order, &id);
}

static StrategyPrice next_price(const Rester *self) {
    return (StrategyPrice)(self->first + self->sent * TICK);
}

static int32_t on_start(StrategyPluginInstance *instance) {
    Rester *self = (Rester *)instance;
    if (self->host->find_instrument(self->context, "005930", 6, &self->instrument) != 0) {
        return STRATEGY_STATUS_ERROR;
    }
    /* Twice a millisecond is more than the broker takes: what is denied is tried again. */
    return self->host->set_timer(self->context, 1, 20000000, 4000000);
}

static int32_t on_timer(StrategyPluginInstance *instance, uint64_t tag, uint64_t due) {
    Rester *self = (Rester *)instance;
    (void)tag;
    (void)due;
    if (self->last == 0) {
        return STRATEGY_STATUS_OK;
    }
    if (self->probe_again) {
        self->probe_again = submit(self, next_price(self), 1) != 0;
    } else if (self->sent < self->orders) {
        int32_t refusal = submit(self, next_price(self), 1);
        if (refusal == 0) {
            self->sent += 1;
        } else {
            say_refused(self, refusal);
        }
    } else if (self->buy > 0 && !self->bought && self->resting == self->orders && may_go(self)) {
        /* Two ticks over the last price: it fills. */
        self->bought = submit(self, self->last + 2 * TICK, self->buy) == 0;
    }
    return STRATEGY_STATUS_OK;
}

static int32_t misbehave(Rester *self) {
    char *then = self->then;
    char text[2 * TEXT_MAX];
    if (then[0] == '\0' || self->resting < self->orders || !may_go(self)) {
        return STRATEGY_STATUS_OK;
    }
    snprintf(text, sizeof text, "%ss now", then);
    say(self, text);
    if (strcmp(then, "error") == 0) {
        self->host->set_error(self->context, "it was told to fail", 19);
        return STRATEGY_STATUS_ERROR;
    }
    if (strcmp(then, "stop") == 0) {
        self->host->stop(self->context, "it was told to stop", 19);
        then[0] = '\0';
    } else if (strcmp(then, "sleep") == 0) {
        sleep(120);
        then[0] = '\0';
    } else if (strcmp(then, "loop") == 0) {
        volatile int forever = 1;
        while (forever) {
        }
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    Rester *self = (Rester *)instance;
    if (trade->header.instrument == self->instrument) {
        self->last = trade->price / TICK * TICK;
    }
    return misbehave(self);
}

static int32_t on_feed(StrategyPluginInstance *instance, const StrategyFeedEvent *event) {
    Rester *self = (Rester *)instance;
    char text[64];
    snprintf(text, sizeof text, "feed change=%d", (int)event->change);
    say(self, text);
    /* Told that prices are old, it tries an order all the same. */
    if (event->change == STRATEGY_FEED_CHANGE_STALE && self->probes == 0) {
        self->probes += 1;
        submit(self, next_price(self), 1);
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_order(StrategyPluginInstance *instance, const StrategyOrderReport *report) {
    Rester *self = (Rester *)instance;
    char text[96];
    switch (report->event) {
    case STRATEGY_ORDER_EVENT_ACCEPTED:
        self->resting += 1;
        if (self->resting == self->orders) {
            say(self, "all of them rest");
        }
        break;
    case STRATEGY_ORDER_EVENT_FILLED:
        snprintf(text, sizeof text, "filled quantity=%lld", (long long)report->last_quantity);
        say(self, text);
        break;
    case STRATEGY_ORDER_EVENT_CANCELLED:
        self->cancelled += 1;
        if (self->probes == 0) {
            self->probes += 1;
            submit(self, next_price(self), 1);
        }
        break;
    case STRATEGY_ORDER_EVENT_DENIED:
        if (self->probes > 0 && (report->refusal == STRATEGY_REFUSAL_FULL ||
                                 report->refusal == STRATEGY_REFUSAL_BROKER_RATE)) {
            /* The cancels have the lines; what it is denied for shows when they are through. */
            self->probe_again = 1;
        } else if (self->probes > 0) {
            snprintf(text, sizeof text, "denied refusal=%d", (int)report->refusal);
            say(self, text);
        } else if (self->resting < self->orders) {
            self->sent -= 1;
            say_refused(self, report->refusal);
        }
        break;
    case STRATEGY_ORDER_EVENT_REJECTED:
        snprintf(text, sizeof text, "rejected refusal=%d %s", (int)report->refusal,
                 (const char *)report->reason.bytes);
        say(self, text);
        break;
    default:
        break;
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_stop(StrategyPluginInstance *instance) {
    Rester *self = (Rester *)instance;
    char text[96];
    snprintf(text, sizeof text, "goodbye resting=%ld cancelled=%ld", self->resting, self->cancelled);
    say(self, text);
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "rester",
        .create = make,
        .destroy = unmake,
        .on_start = on_start,
        .on_stop = on_stop,
        .on_timer = on_timer,
        .on_feed = on_feed,
        .on_order = on_order,
        .on_trade = on_trade,
    };
    return &table;
}
