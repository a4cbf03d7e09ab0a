/* The engine's end of the latency rig: a strategy behind the C ABI that orders on every tenth trade and
 * writes down when it was done with which frame. Its file has the form of `marks.rs`. */

#define _GNU_SOURCE
#include "strategy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { HEAD = 5, TEXT_MAX = 4096 };

typedef struct {
    const StrategyHostTable *host;
    StrategyHostContext *context;
    uint64_t base;   /* FID 13 of frame number 0 */
    uint64_t every;  /* an order on every so many frames */
    uint64_t frames; /* room in `words` */
    uint64_t *words;
    char path[TEXT_MAX];
} Probe;

static uint64_t now_nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t nanos(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static void processor(uint64_t *user_and_system) {
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    getrusage(RUSAGE_SELF, &usage);
    user_and_system[0] = nanos(usage.ru_utime);
    user_and_system[1] = nanos(usage.ru_stime);
}

static int text_param(const StrategyHostTable *host, StrategyHostContext *context, const char *key,
                      char *text) {
    const char *found = NULL;
    size_t length = 0;
    if (host->param(context, key, strlen(key), &found, &length) != 0 || length >= TEXT_MAX) {
        return 0;
    }
    memcpy(text, found, length);
    text[length] = '\0';
    return 1;
}

static uint64_t number_param(const StrategyHostTable *host, StrategyHostContext *context,
                             const char *key) {
    char text[TEXT_MAX];
    return text_param(host, context, key, text) ? strtoull(text, NULL, 10) : 0;
}

static int32_t on_create(const StrategyHostTable *host, StrategyHostContext *context,
                         const char *params, size_t length, StrategyPluginInstance **instance) {
    Probe *self = calloc(1, sizeof *self);
    (void)params;
    (void)length;
    if (self == NULL) {
        return STRATEGY_STATUS_ERROR;
    }
    self->host = host;
    self->context = context;
    self->base = number_param(host, context, "base");
    self->every = number_param(host, context, "every");
    self->frames = number_param(host, context, "frames");
    self->words = malloc((HEAD + self->frames) * sizeof *self->words);
    if (self->every == 0 || self->words == NULL || !text_param(host, context, "marks", self->path)) {
        const char *why = "`every`, `frames`, `base` and `marks` must be there";
        host->set_error(context, why, strlen(why));
        free(self->words);
        free(self);
        return STRATEGY_STATUS_ERROR;
    }
    /* Every page is touched now and not while frames come. */
    memset(self->words, 1, (HEAD + self->frames) * sizeof *self->words);
    memset(self->words, 0, (HEAD + self->frames) * sizeof *self->words);
    *instance = (StrategyPluginInstance *)self;
    return STRATEGY_STATUS_OK;
}

/* The end: everything is written down. A file that is not there is noticed by the rig. */
static void on_destroy(StrategyPluginInstance *instance) {
    Probe *self = (Probe *)instance;
    size_t count = HEAD + self->frames;
    processor(self->words + 3);
    FILE *file = fopen(self->path, "wb");
    size_t written = file == NULL ? 0 : fwrite(self->words, sizeof *self->words, count, file);
    if (file == NULL || fclose(file) != 0 || written != count) {
        fprintf(stderr, "the marks cannot be written to %s\n", self->path);
        remove(self->path);
    }
    free(self->words);
    free(self);
}

static int32_t on_trade(StrategyPluginInstance *instance, const StrategyTrade *trade) {
    Probe *self = (Probe *)instance;
    uint64_t number = (uint64_t)trade->cumulative_volume - self->base;
    if (self->words[0] == 0) {
        processor(self->words + 1);
    }
    self->words[0] += 1;
    if (number % self->every == 0) {
        StrategyOrderRequest order = {
            .instrument = trade->header.instrument,
            .venue = trade->header.venue,
            .side = STRATEGY_SIDE_BUY,
            .order_type = STRATEGY_ORDER_TYPE_LIMIT,
            .price = trade->price,
            .stop_price = STRATEGY_PRICE_UNSET,
            /* Names the frame: see orders.rs. */
            .quantity = (int64_t)(number / self->every) + 1,
        };
        StrategyClientOrderId id = 0;
        /* "The ring is full" is an answer, too: the time counts all the same. */
        self->host->submit(self->context, &order, &id);
    }
    if (number < self->frames) {
        self->words[HEAD + number] = now_nanos();
    }
    return STRATEGY_STATUS_OK;
}

const StrategyPluginTable *strategy_plugin(void) {
    static const StrategyPluginTable table = {
        .size = sizeof(StrategyPluginTable),
        .abi_major = STRATEGY_ABI_MAJOR,
        .abi_minor = STRATEGY_ABI_MINOR,
        .name = "probe",
        .version = "0.1.0",
        .description = "Writes down when it was done with which frame",
        .create = on_create,
        .destroy = on_destroy,
        .on_trade = on_trade,
    };
    return &table;
}
