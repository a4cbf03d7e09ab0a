/* A strategy for tests: buys one share at the best ask, once, and writes down what it is told of its
 * profit before and with the fill. */

#include "strategy.h"

#include <stdio.h>
#include <string.h>

static const StrategyHostTable *host;
static StrategyHostContext *context;
static int under_way;
static int bought;

static void tell(const char *when) {
    StrategyPnl own = {0};
    StrategyPnl account = {0};
    char text[256];
    int32_t codes = host->pnl(context, &own) + host->account_pnl(context, &account);
    snprintf(text, sizeof text,
             "profit %s codes=%d fees=%lld account_fees=%lld taxes=%lld unpriced=%u gap=%lld", when,
             (int)codes, (long long)own.fees, (long long)account.fees, (long long)own.taxes,
             (unsigned)own.unpriced,
             (long long)(own.realised + own.open - own.fees - own.taxes - own.net));
    host->log(context, STRATEGY_LOG_LEVEL_INFO, text, strlen(text));
}

static int32_t make(const StrategyHostTable *table, StrategyHostContext *given, const char *params,
                    size_t length, StrategyPluginInstance **instance) {
    (void)params;
    (void)length;
    host = table;
    context = given;
    *instance = (StrategyPluginInstance *)&bought;
    return STRATEGY_STATUS_OK;
}

static void unmake(StrategyPluginInstance *instance) {
    (void)instance;
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    (void)instance;
    if (bought || under_way || trade->ask <= 0) {
        return STRATEGY_STATUS_OK;
    }
    StrategyOrderRequest order = {
        .instrument = trade->header.instrument,
        .venue = STRATEGY_VENUE_KRX,
        .side = STRATEGY_SIDE_BUY,
        .order_type = STRATEGY_ORDER_TYPE_LIMIT_IOC,
        .price = trade->ask,
        .stop_price = STRATEGY_PRICE_UNSET,
        .quantity = 1,
    };
    uint64_t id = 0;
    tell("before");
    under_way = host->submit(context, &order, &id) == 0;
    return STRATEGY_STATUS_OK;
}

static int32_t on_order(StrategyPluginInstance *instance, const StrategyOrderReport *report) {
    (void)instance;
    if (report->event == STRATEGY_ORDER_EVENT_FILLED) {
        bought = 1;
        tell("filled");
    }
    if (report->status != STRATEGY_ORDER_STATUS_SUBMITTING &&
        report->status != STRATEGY_ORDER_STATUS_WORKING &&
        report->status != STRATEGY_ORDER_STATUS_PARTIALLY_FILLED) {
        under_way = 0;
    }
    return STRATEGY_STATUS_OK;
}

static int32_t on_stop(StrategyPluginInstance *instance) {
    (void)instance;
    tell("at the end");
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "buyer",
        .create = make,
        .destroy = unmake,
        .on_stop = on_stop,
        .on_order = on_order,
        .on_trade = on_trade,
    };
    return &table;
}
