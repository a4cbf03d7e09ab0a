/* A strategy for tests: writes down what happens to it, and can be slow on demand.
 *
 *     [strategy.params]
 *     sleep_ms = 200      # how long each slow trade takes; default 0
 *     slow_trades = 1     # how many trades, from the first on, are slow; default 0
 */

#define _POSIX_C_SOURCE 200809L
#include "strategy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    const StrategyHostTable *host;
    StrategyHostContext *context;
    long sleep_ms;
    long slow_trades;
    unsigned long long trades;
    unsigned long long orders;
    unsigned long long balances;
} Watcher;

static void say(Watcher *self, const char *text) {
    self->host->log(self->context, STRATEGY_LOG_LEVEL_INFO, text, strlen(text));
}

static long number(const StrategyHostTable *host, StrategyHostContext *context, const char *key) {
    const char *found = NULL;
    size_t length = 0;
    char text[32] = {0};
    if (host->param(context, key, strlen(key), &found, &length) != 0 || length >= sizeof text) {
        return 0;
    }
    memcpy(text, found, length);
    return strtol(text, NULL, 10);
}

static int32_t make(const StrategyHostTable *host, StrategyHostContext *context,
                    const char *params, size_t length, StrategyPluginInstance **instance) {
    (void)params;
    (void)length;
    Watcher *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return STRATEGY_STATUS_ERROR;
    }
    self->host = host;
    self->context = context;
    self->sleep_ms = number(host, context, "sleep_ms");
    self->slow_trades = number(host, context, "slow_trades");
    *instance = (StrategyPluginInstance *)self;
    return STRATEGY_STATUS_OK;
}

static void unmake(StrategyPluginInstance *instance) {
    free(instance);
}

static int32_t on_stop(StrategyPluginInstance *instance) {
    Watcher *self = (Watcher *)instance;
    char text[128];
    snprintf(text, sizeof text, "goodbye trades=%llu orders=%llu balances=%llu", self->trades,
             self->orders, self->balances);
    say(self, text);
    return STRATEGY_STATUS_OK;
}

static int32_t on_feed(StrategyPluginInstance *instance, const StrategyFeedEvent *event) {
    Watcher *self = (Watcher *)instance;
    char text[200];
    long long lost = event->change == STRATEGY_FEED_CHANGE_GAP ? (long long)event->lost : 0;
    snprintf(text, sizeof text, "feed change=%d lost=%lld %s", (int)event->change, lost,
             (const char *)event->reason.bytes);
    say(self, text);
    return STRATEGY_STATUS_OK;
}

static int32_t on_session(StrategyPluginInstance *instance, const StrategySessionChange *change) {
    Watcher *self = (Watcher *)instance;
    StrategyPnl own = {0};
    StrategyPnl account = {0};
    char text[200];
    self->host->pnl(self->context, &own);
    self->host->account_pnl(self->context, &account);
    snprintf(text, sizeof text, "session venue=%d before=%d after=%d cause=%d trades=%llu net=%lld account=%d",
             change->header.venue, change->before, change->after, change->cause, self->trades,
             (long long)own.net, account.net != STRATEGY_NOTIONAL_UNSET);
    say(self, text);
    return STRATEGY_STATUS_OK;
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    Watcher *self = (Watcher *)instance;
    (void)trade;
    self->trades += 1;
    if (self->slow_trades > 0) {
        struct timespec pause = {self->sleep_ms / 1000, self->sleep_ms % 1000 * 1000000L};
        self->slow_trades -= 1;
        nanosleep(&pause, NULL);
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_order_update(StrategyPluginInstance *instance, const StrategyOrderUpdate *update) {
    (void)update;
    ((Watcher *)instance)->orders += 1;
    return STRATEGY_STATUS_OK;
}

static int32_t on_balance(StrategyPluginInstance *instance, const StrategyBalance *balance) {
    (void)balance;
    ((Watcher *)instance)->balances += 1;
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "watcher",
        .create = make,
        .destroy = unmake,
        .on_stop = on_stop,
        .on_feed = on_feed,
        .on_trade = on_trade,
        .on_order_update = on_order_update,
        .on_balance = on_balance,
        .on_session = on_session,
    };
    return &table;
}
