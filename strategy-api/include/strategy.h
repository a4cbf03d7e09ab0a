/* The strategy ABI: what a plugin sees and what it exports. For C, C++, Zig and anything else that
 * reads C headers. Generated from the Rust types of strategy-api; do not edit.
 *
 * A plugin is a shared library (cc -O2 -fPIC -shared) that exports strategy_plugin(), which returns
 * a table of callbacks. The engine passes a table of functions to create(). Rules:
 *
 * - Callbacks of one instance run one at a time, all on one thread; only create() and destroy() may
 *   run on another. Functions of the host may be called from inside a callback only, with the
 *   context given to create(), on the thread of that callback.
 * - Pointers passed by either side live until the call returns. Nobody frees what the other side
 *   allocated. Text is UTF-8 with a length, not NUL-terminated, unless a comment says otherwise.
 * - A callback returns STRATEGY_STATUS_OK, or a status that stops this instance. No C++ exception
 *   may leave it.
 * - A null callback is skipped. create and destroy must be there.
 * - Reserved fields are zero. A value without a name here comes from a later version: take it as
 *   "other".
 * - Prices and other numbers are integers in the unit that their type says. An empty field holds
 *   STRATEGY_..._UNSET.
 *
 * examples/vwap_c/strategy.c is a complete strategy. */

#ifndef STRATEGY_H
#define STRATEGY_H

#include <stddef.h>
#include <stdint.h>

// What a field holds that the broker left empty.
#define STRATEGY_PRICE_UNSET INT32_MIN
#define STRATEGY_PRICE_DELTA_UNSET INT32_MIN
#define STRATEGY_QUANTITY_UNSET INT64_MIN
#define STRATEGY_NOTIONAL_UNSET INT64_MIN
#define STRATEGY_HUNDREDTHS_UNSET INT64_MIN
#define STRATEGY_MILLIONTHS_UNSET INT64_MIN
#define STRATEGY_COUNT_UNSET INT64_MIN
#define STRATEGY_UNIX_NANOS_UNSET 0
#define STRATEGY_DURATION_NANOS_UNSET UINT64_MAX
#define STRATEGY_TIME_OF_DAY_UNSET UINT32_MAX


// Breaks when it changes.
#define STRATEGY_ABI_MAJOR 1

// Rises when slots are appended. 1: `on_session`, `pnl`, `account_pnl`.
#define STRATEGY_ABI_MINOR 1

// Bytes of a plugin's name, version or description, the NUL included.
#define STRATEGY_PLUGIN_TEXT_BYTES_MAX 128

// A callback did its work.
#define STRATEGY_STATUS_OK 0

// A callback failed; the instance is stopped. Say why with `HostTable::set_error` before.
#define STRATEGY_STATUS_ERROR 1

// A callback panicked and the panic was caught; the instance is stopped and not entered again.
#define STRATEGY_STATUS_PANIC 2

// On `create`: the engine's tables are too old or of another major version.
#define STRATEGY_STATUS_VERSION 3

// `0B` 전일거래량대비(비율): volume over yesterday's, percent.
#define STRATEGY_FID_VOLUME_RATIO 30

// `0B` 거래회전율: turnover, percent.
#define STRATEGY_FID_TURNOVER 31

// `0B` 시가총액: market capitalisation, 100 million KRW.
#define STRATEGY_FID_MARKET_CAP 311

// `0B` 매수비율: share of the volume bought by aggressors, percent.
#define STRATEGY_FID_BUY_RATIO 1032

// `0B` 순간거래대금: value of this trade, thousand KRW, signed by the aggressor.
#define STRATEGY_FID_TRADE_VALUE 1313

// `0D` 매도호가직전대비1: change of the best ask's size since the message before; level *i* is
// `ASK_CHANGE_1 + i - 1`.
#define STRATEGY_FID_ASK_CHANGE_1 81

// `0D` 매수호가직전대비1: the same for the best bid.
#define STRATEGY_FID_BID_CHANGE_1 91

// `0D` KRX's part of the best ask's size under `_AL`; level *i* is `KRX_ASK_QUANTITY_1 + i - 1`.
#define STRATEGY_FID_KRX_ASK_QUANTITY_1 6044

// `0D` KRX's part of the best bid's size under `_AL`.
#define STRATEGY_FID_KRX_BID_QUANTITY_1 6054

// `0D` NXT's part of the best ask's size under `_AL`.
#define STRATEGY_FID_NXT_ASK_QUANTITY_1 6066

// `0D` NXT's part of the best bid's size under `_AL`.
#define STRATEGY_FID_NXT_BID_QUANTITY_1 6076

// Levels on each side of a `Depth`.
#define STRATEGY_DEPTH_LEVELS 10

// Bytes of payload in an `Extras` record.
#define STRATEGY_EXTRAS_BYTES 624

// Why the engine refused a call. Small and `Copy`: it is born on the hot path. Across the ABI it is
// its number; 0 means that the call was accepted.
enum StrategyRefusal
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The ring towards the gateway is full (or too many timers are set). Nothing was sent; try on a
    // later event.
    STRATEGY_REFUSAL_FULL = 1,
    // No instrument of this run has that id or code.
    STRATEGY_REFUSAL_UNKNOWN_INSTRUMENT = 2,
    // The order type needs a price above zero, or takes no price and was given one.
    STRATEGY_REFUSAL_INVALID_PRICE = 3,
    // Only a stop order takes a stop price, and it needs one above zero.
    STRATEGY_REFUSAL_INVALID_STOP_PRICE = 4,
    // The quantity is not above zero.
    STRATEGY_REFUSAL_INVALID_QUANTITY = 5,
    // The side is neither buy nor sell.
    STRATEGY_REFUSAL_INVALID_SIDE = 6,
    // The venue is none of KRX, NXT, SOR.
    STRATEGY_REFUSAL_INVALID_VENUE = 7,
    // The order type is none of `OrderType::ALL`.
    STRATEGY_REFUSAL_INVALID_ORDER_TYPE = 8,
    // No working order of this strategy has that id.
    STRATEGY_REFUSAL_UNKNOWN_ORDER = 9,
    // The strategy is stopped or may not trade (paused, kill switch, feed down).
    STRATEGY_REFUSAL_NOT_ALLOWED = 10,
    // This engine cannot do that.
    STRATEGY_REFUSAL_UNSUPPORTED = 11,
    // The risk gate denied it at once.
    STRATEGY_REFUSAL_DENIED = 12,
    // An argument was wrong: a null pointer, text that is not UTF-8, a value out of range.
    STRATEGY_REFUSAL_INVALID_ARGUMENT = 13,
    // There is nothing under that name: a field, a timer, a parameter.
    STRATEGY_REFUSAL_NOT_FOUND = 14,
    // A fault of the engine itself; it is on its way to an orderly stop.
    STRATEGY_REFUSAL_INTERNAL = 15,
    // The kill switch is latched. Nothing new leaves until a person re-arms it.
    STRATEGY_REFUSAL_KILLED = 16,
    // This strategy is stopped until a person re-arms it (it repeated itself, or was stopped by
    // hand).
    STRATEGY_REFUSAL_STRATEGY_STOPPED = 17,
    // The feed is down or silent: prices may be old.
    STRATEGY_REFUSAL_FEED_STALE = 18,
    // The venue takes no orders now.
    STRATEGY_REFUSAL_SESSION_CLOSED = 19,
    // The venue takes no orders of this type at this hour.
    STRATEGY_REFUSAL_WRONG_SESSION = 20,
    // The instrument does not trade at this venue, or not at this hour.
    STRATEGY_REFUSAL_NOT_AT_VENUE = 21,
    // The instrument is on the restricted list.
    STRATEGY_REFUSAL_RESTRICTED = 22,
    // Trading in the instrument, or in the whole market, is halted.
    STRATEGY_REFUSAL_HALTED = 23,
    // A volatility interruption (VI) is on in the instrument.
    STRATEGY_REFUSAL_INTERRUPTED = 24,
    // The instrument is closed for this strategy until it is known what became of an earlier
    // order.
    STRATEGY_REFUSAL_INSTRUMENT_CLOSED = 25,
    // The price does not stand on a price step.
    STRATEGY_REFUSAL_OFF_TICK = 26,
    // The price is above the upper or below the lower limit of the day.
    STRATEGY_REFUSAL_OUTSIDE_LIMITS = 27,
    // No price is known that the order could be compared with.
    STRATEGY_REFUSAL_REFERENCE_MISSING = 28,
    // The price that the order would be compared with is too old.
    STRATEGY_REFUSAL_REFERENCE_OLD = 29,
    // The price is too far from the last trade, on the side that would fill.
    STRATEGY_REFUSAL_COLLAR = 30,
    // The price of the instrument moved too much within the window.
    STRATEGY_REFUSAL_FAST_MARKET = 31,
    // More shares than one order may have.
    STRATEGY_REFUSAL_ORDER_QUANTITY = 32,
    // Worth more than one order may be.
    STRATEGY_REFUSAL_ORDER_VALUE = 33,
    // The strategy could come to hold more of the instrument than it may.
    STRATEGY_REFUSAL_STRATEGY_POSITION = 34,
    // The account could come to hold more of the instrument than it may.
    STRATEGY_REFUSAL_ACCOUNT_POSITION = 35,
    // The strategy could come to hold more in all instruments together than it may.
    STRATEGY_REFUSAL_STRATEGY_EXPOSURE = 36,
    // The account could come to hold more in all instruments together than it may.
    STRATEGY_REFUSAL_ACCOUNT_EXPOSURE = 37,
    // The strategy has as many working orders as it may.
    STRATEGY_REFUSAL_WORKING_ORDERS = 38,
    // All strategies together have as many working orders as they may.
    STRATEGY_REFUSAL_ACCOUNT_WORKING_ORDERS = 39,
    // The strategy does not hold that many shares beyond those it already offers.
    STRATEGY_REFUSAL_NOT_HELD = 40,
    // The account cannot sell that many shares beyond those it already offers.
    STRATEGY_REFUSAL_NOT_SELLABLE = 41,
    // The cash that is not reserved does not cover it, costs included.
    STRATEGY_REFUSAL_CASH = 42,
    // It could meet a resting order of the same account.
    STRATEGY_REFUSAL_SELF_TRADE = 43,
    // The strategy has lost as much today as it may: it may only reduce.
    STRATEGY_REFUSAL_STRATEGY_LOSS = 44,
    // All strategies together have lost as much today as they may: they may only reduce.
    STRATEGY_REFUSAL_ACCOUNT_LOSS = 45,
    // The same order came too often in a short time. The strategy is stopped until a person
    // re-arms it.
    STRATEGY_REFUSAL_REPEATED = 46,
    // The strategy, or all together, sent as many messages within a second as they may.
    STRATEGY_REFUSAL_MESSAGE_RATE = 47,
    // The broker takes no more orders within this second.
    STRATEGY_REFUSAL_BROKER_RATE = 48,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum StrategyRefusal StrategyRefusal;
#else
typedef int32_t StrategyRefusal;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The engine's side of one instance: only the engine knows what is inside.
typedef struct StrategyHostContext StrategyHostContext;

// An instance of a strategy: only the plugin knows what is inside.
typedef struct StrategyPluginInstance StrategyPluginInstance;

// Number of an instrument in this run, dense from 0. The same base code on several venues is one
// instrument; `Header::venue` tells them apart.
typedef uint16_t StrategyInstrumentId;
// No instrument: an account- or market-wide record, or a code that nobody registered.
#define STRATEGY_INSTRUMENT_ID_NONE UINT16_MAX

// A trading venue.
typedef uint8_t StrategyVenue;
// Not said, or not one of the others.
#define STRATEGY_VENUE_UNKNOWN 0
// Korea Exchange: the bare code.
#define STRATEGY_VENUE_KRX 1
// Nextrade: the code with `_NX`.
#define STRATEGY_VENUE_NXT 2
// Both venues merged (smart order routing, 통합): the code with `_AL`.
#define STRATEGY_VENUE_SOR 3

// Who was the aggressor of a trade, or the side of an order.
typedef uint8_t StrategySide;
// Not said (call auctions carry no sign).
#define STRATEGY_SIDE_NONE 0
// Buyer.
#define STRATEGY_SIDE_BUY 1
// Seller.
#define STRATEGY_SIDE_SELL 2

// Type of an order. The number is the broker's `trde_tp` (매매구분).
typedef uint8_t StrategyOrderType;
// 보통: a limit order, good for the day.
#define STRATEGY_ORDER_TYPE_LIMIT 0
// 시장가.
#define STRATEGY_ORDER_TYPE_MARKET 3
// 조건부지정가: a limit order that becomes a market order in the closing auction.
#define STRATEGY_ORDER_TYPE_CONDITIONAL_LIMIT 5
// 최유리지정가: limit at the best price of the other side.
#define STRATEGY_ORDER_TYPE_BEST_OPPOSITE 6
// 최우선지정가: limit at the best price of the own side.
#define STRATEGY_ORDER_TYPE_BEST_SAME 7
// 보통 IOC.
#define STRATEGY_ORDER_TYPE_LIMIT_IOC 10
// 시장가 IOC.
#define STRATEGY_ORDER_TYPE_MARKET_IOC 13
// 최유리 IOC.
#define STRATEGY_ORDER_TYPE_BEST_OPPOSITE_IOC 16
// 보통 FOK.
#define STRATEGY_ORDER_TYPE_LIMIT_FOK 20
// 시장가 FOK.
#define STRATEGY_ORDER_TYPE_MARKET_FOK 23
// 최유리 FOK.
#define STRATEGY_ORDER_TYPE_BEST_OPPOSITE_FOK 26
// 스톱지정가: a limit order that enters the book once the stop price trades.
#define STRATEGY_ORDER_TYPE_STOP_LIMIT 28
// 중간가: at the middle of the best bid and ask.
#define STRATEGY_ORDER_TYPE_MIDPOINT 29
// 중간가 IOC.
#define STRATEGY_ORDER_TYPE_MIDPOINT_IOC 30
// 중간가 FOK.
#define STRATEGY_ORDER_TYPE_MIDPOINT_FOK 31
// 장전 시간외종가: before the open, at yesterday's close.
#define STRATEGY_ORDER_TYPE_PRE_OPEN_AT_CLOSE 61
// 시간외단일가: off-hours single price.
#define STRATEGY_ORDER_TYPE_OFF_HOURS_SINGLE 62
// 장후 시간외종가: after the close, at today's close.
#define STRATEGY_ORDER_TYPE_AFTER_CLOSE_AT_CLOSE 81

// A price in whole KRW per share. On the wire a sign in front of a price only shows the
// direction against the previous close; it is not part of the price and never stands here.
typedef int32_t StrategyPrice;

// A number of shares. Signed where a field is a difference.
typedef int64_t StrategyQuantity;

// A new order, as a strategy wants it.
//
typedef struct StrategyOrderRequest {
    // What to trade.
    StrategyInstrumentId instrument;
    // Where: KRX, NXT, or SOR (the broker routes).
    StrategyVenue venue;
    // Buy or sell.
    StrategySide side;
    // What kind of order, its life included.
    StrategyOrderType order_type;
    // Zero.
    uint8_t reserved[3];
    // Limit price, KRW; unset for types that take none.
    StrategyPrice price;
    // Stop price, KRW; unset except for a stop order.
    StrategyPrice stop_price;
    // Shares; above zero.
    StrategyQuantity quantity;
} StrategyOrderRequest;

// The id of an order inside the engine, given by the engine on submit. The broker knows no such id.
typedef uint64_t StrategyClientOrderId;

// A change of price and quantity of a working order. Side and type stay.
typedef struct StrategyReplaceRequest {
    // Which order.
    StrategyClientOrderId order;
    // New limit price, KRW; above zero.
    StrategyPrice price;
    // New stop price, KRW; unset except for a stop order.
    StrategyPrice stop_price;
    // Shares that shall be open afterwards; `Quantity::ZERO` for everything that is left.
    StrategyQuantity quantity;
} StrategyReplaceRequest;

// A cancel of a working order, whole or in part.
typedef struct StrategyCancelRequest {
    // Which order.
    StrategyClientOrderId order;
    // Shares to take away; `Quantity::ZERO` for everything that is left.
    StrategyQuantity quantity;
} StrategyCancelRequest;

// How loud a line of the log is.
typedef uint8_t StrategyLogLevel;
// Something is wrong and somebody must act.
#define STRATEGY_LOG_LEVEL_ERROR 1
// Something is odd.
#define STRATEGY_LOG_LEVEL_WARN 2
// Worth knowing.
#define STRATEGY_LOG_LEVEL_INFO 3
// Only for whoever looks for a fault.
#define STRATEGY_LOG_LEVEL_DEBUG 4

// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
// that always ends in NUL.
typedef struct StrategyText_16 {
    uint8_t bytes[16];
} StrategyText_16;

// The exchange code of an instrument as the broker writes it, without a venue suffix: `005930`,
// `0004V0`, `57JBHH`, or an index code such as `001`.
typedef struct StrategyText_16 StrategySymbol;

// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
// that always ends in NUL.
typedef struct StrategyText_48 {
    uint8_t bytes[48];
} StrategyText_48;

// An instrument of this run. The same base code on several venues is one instrument.
typedef struct StrategyInstrument {
    // Its number in this run.
    StrategyInstrumentId id;
    // Zero.
    uint8_t reserved[6];
    // Its code without a venue suffix (`005930`).
    StrategySymbol symbol;
    // Its name; empty when the engine did not learn it.
    struct StrategyText_48 name;
} StrategyInstrument;

// What a strategy holds in one instrument, by its own fills.
typedef struct StrategyPosition {
    // Which instrument.
    StrategyInstrumentId instrument;
    // Zero.
    uint8_t reserved[2];
    // Average price paid, KRW; unset without a position.
    StrategyPrice average_price;
    // Shares held; negative when short.
    StrategyQuantity quantity;
    // Shares of own buy orders that can still fill.
    StrategyQuantity open_buy;
    // Shares of own sell orders that can still fill.
    StrategyQuantity open_sell;
} StrategyPosition;

// An order number as the broker gives it: seven digits with zeros in front (`0119433`).
typedef struct StrategyText_16 StrategyOrderNumber;

// Where an own order stands.
typedef uint8_t StrategyOrderStatus;
#define STRATEGY_ORDER_STATUS_NONE 0
// On its way: journaled, then written.
#define STRATEGY_ORDER_STATUS_SUBMITTING 1
// The broker has it and it can fill.
#define STRATEGY_ORDER_STATUS_WORKING 2
// Filled in part, the rest can fill.
#define STRATEGY_ORDER_STATUS_PARTIALLY_FILLED 3
// Filled whole. The end.
#define STRATEGY_ORDER_STATUS_FILLED 4
// Cancelled; what was filled before stays filled. The end.
#define STRATEGY_ORDER_STATUS_CANCELLED 5
// Refused by the broker. The end.
#define STRATEGY_ORDER_STATUS_REJECTED 6
// Refused by the engine's risk gate. The end.
#define STRATEGY_ORDER_STATUS_DENIED 7
// Nobody knows: no answer came, or the line broke after the write. The engine finds out.
#define STRATEGY_ORDER_STATUS_UNKNOWN 8
// Passed the gate in dry-run mode and went no further. The end.
#define STRATEGY_ORDER_STATUS_DRY_RUN 9

// An own order that can still fill.
typedef struct StrategyWorkingOrder {
    // The id that the engine gave on submit.
    StrategyClientOrderId id;
    // What was asked for; price and quantity as last replaced.
    struct StrategyOrderRequest request;
    // Shares still open.
    StrategyQuantity leaves;
    // Shares filled so far.
    StrategyQuantity cumulative_filled;
    // The broker's number; empty until it answered.
    StrategyOrderNumber order_number;
    // Where it stands.
    StrategyOrderStatus status;
    // Whether a cancel is on its way: 0 or 1.
    uint8_t pending_cancel;
    // Whether a replace is on its way: 0 or 1.
    uint8_t pending_replace;
    // Zero.
    uint8_t reserved[5];
} StrategyWorkingOrder;

// An amount of money in whole KRW, signed where a field is a difference. Fields that the broker
// sends in thousands, millions or hundreds of millions are converted; their documentation
// tells the precision.
typedef int64_t StrategyNotional;

// Profit of a strategy or of the account, today, KRW. Fees and taxes are those that the engine
// reckons from the account's rates, cut to whole won as the broker cuts them.
typedef struct StrategyPnl {
    // Of what was closed, before fees and taxes.
    StrategyNotional realised;
    // Of what is held, at the prices that the engine knew last, before fees and taxes and before what
    // closing would cost.
    StrategyNotional open;
    // Commission so far.
    StrategyNotional fees;
    // Taxes so far.
    StrategyNotional taxes;
    // `realised + open - fees - taxes`.
    StrategyNotional net;
    // Positions without a known price: they count with an open profit of zero.
    uint32_t unpriced;
    // Zero.
    uint32_t reserved;
} StrategyPnl;
// Nobody has told: every amount is unset.
#define STRATEGY_PNL_UNKNOWN (StrategyPnl){ .realised = STRATEGY_NOTIONAL_UNSET, .open = STRATEGY_NOTIONAL_UNSET, .fees = STRATEGY_NOTIONAL_UNSET, .taxes = STRATEGY_NOTIONAL_UNSET, .net = STRATEGY_NOTIONAL_UNSET, .unpriced = 0, .reserved = 0 }

// What the engine offers. Every function takes the context of `create` first. Those that return
// `int32_t` return 0, or the code of a refusal (`Refusal`). In a table of this minor version no slot
// is null.
//
// A new minor version appends slots at the end.
typedef struct StrategyHostTable {
    // `sizeof` this table, as the engine knows it.
    uint32_t size;
    // `ABI_MAJOR` of the engine.
    uint16_t abi_major;
    // `ABI_MINOR` of the engine.
    uint16_t abi_minor;
    // Sends an order; writes its id to `*id`.
    int32_t (*submit)(struct StrategyHostContext *context,
                      const struct StrategyOrderRequest *order,
                      StrategyClientOrderId *id);
    // Changes price and quantity of a working order.
    int32_t (*replace)(struct StrategyHostContext *context,
                       const struct StrategyReplaceRequest *request);
    // Cancels a working order, whole or in part.
    int32_t (*cancel)(struct StrategyHostContext *context,
                      const struct StrategyCancelRequest *request);
    // Cancels every working order of this strategy.
    int32_t (*cancel_all)(struct StrategyHostContext *context);
    // The strategy's clock, nanoseconds since 1970: the same for the whole of a callback, and the
    // same in every replay. A strategy knows no other clock.
    uint64_t (*now)(struct StrategyHostContext *context);
    // The next number of the strategy's random sequence; the same in every replay.
    uint64_t (*random)(struct StrategyHostContext *context);
    // Sets (or moves) the timer named `tag`: due in `after_ns`, then every `period_ns` unless that
    // is 0.
    int32_t (*set_timer)(struct StrategyHostContext *context,
                         uint64_t tag,
                         uint64_t after_ns,
                         uint64_t period_ns);
    // Takes a timer away.
    int32_t (*cancel_timer)(struct StrategyHostContext *context, uint64_t tag);
    // Writes a line to the log. Never blocks: a line that finds no room is dropped and counted.
    void (*log)(struct StrategyHostContext *context,
                StrategyLogLevel level,
                const char *text,
                size_t length);
    // Says why the callback is about to return a status other than `STATUS_OK`.
    void (*set_error)(struct StrategyHostContext *context, const char *text, size_t length);
    // Asks to be stopped after this callback, in order: working orders are cancelled, `on_stop` is
    // called. The text says why.
    void (*stop)(struct StrategyHostContext *context, const char *reason, size_t length);
    // How many instruments this run has; their ids are 0 to this less one.
    uint32_t (*instrument_count)(struct StrategyHostContext *context);
    // Writes what is known about an instrument to `*instrument`.
    int32_t (*instrument)(struct StrategyHostContext *context,
                          StrategyInstrumentId id,
                          struct StrategyInstrument *instrument);
    // Finds an instrument by its code without a venue suffix; writes its id to `*id`.
    int32_t (*find_instrument)(struct StrategyHostContext *context,
                               const char *symbol,
                               size_t length,
                               StrategyInstrumentId *id);
    // The text of a further field of the record that the current callback is for, exactly as on the
    // wire; such fields are named in the configuration. Writes where it stands (until the callback
    // returns) and its length.
    int32_t (*field)(struct StrategyHostContext *context,
                     uint16_t fid,
                     const char **text,
                     size_t *length);
    // Writes what the strategy holds in an instrument to `*position`.
    int32_t (*position)(struct StrategyHostContext *context,
                        StrategyInstrumentId instrument,
                        struct StrategyPosition *position);
    // Writes a working order to `*order`.
    int32_t (*working_order)(struct StrategyHostContext *context,
                             StrategyClientOrderId id,
                             struct StrategyWorkingOrder *order);
    // Writes at most `capacity` working orders, oldest first, and their whole number to `*count`.
    int32_t (*working_orders)(struct StrategyHostContext *context,
                              struct StrategyWorkingOrder *orders,
                              size_t capacity,
                              size_t *count);
    // In `create` only: the value of a key of the parameters, as text (a string without its quotes,
    // anything else as TOML writes it); a key inside a table is written `table.key`. Writes where it
    // stands (until `create` returns) and its length. A plugin that reads its parameters this way
    // must ask for every key that the user may write: what it did not ask for is refused as unknown.
    int32_t (*param)(struct StrategyHostContext *context,
                     const char *key,
                     size_t key_length,
                     const char **text,
                     size_t *length);
    // Since minor version 1: writes what this strategy earned today to `*pnl`. Amounts are unset where
    // nobody has told them.
    int32_t (*pnl)(struct StrategyHostContext *context, struct StrategyPnl *pnl);
    // Since minor version 1: the same for the whole account.
    int32_t (*account_pnl)(struct StrategyHostContext *context, struct StrategyPnl *pnl);
} StrategyHostTable;
// A table of this version with every slot null.
#define STRATEGY_HOST_TABLE_EMPTY (StrategyHostTable){ .size = (uint32_t)(Strategysize_of){  }, .abi_major = STRATEGY_SUPER_ABI_MAJOR, .abi_minor = STRATEGY_SUPER_ABI_MINOR, .submit = StrategyNone, .replace = StrategyNone, .cancel = StrategyNone, .cancel_all = StrategyNone, .now = StrategyNone, .random = StrategyNone, .set_timer = StrategyNone, .cancel_timer = StrategyNone, .log = StrategyNone, .set_error = StrategyNone, .stop = StrategyNone, .instrument_count = StrategyNone, .instrument = StrategyNone, .find_instrument = StrategyNone, .field = StrategyNone, .position = StrategyNone, .working_order = StrategyNone, .working_orders = StrategyNone, .param = StrategyNone, .pnl = StrategyNone, .account_pnl = StrategyNone }

// Which record follows the header. The comment names the broker's realtime type.
typedef uint8_t StrategyKind;
// `0B` 주식체결.
#define STRATEGY_KIND_TRADE 1
// `0D` 주식호가잔량.
#define STRATEGY_KIND_DEPTH 2
// `0C` 주식우선호가.
#define STRATEGY_KIND_BEST_QUOTE 3
// `0A` 주식기세.
#define STRATEGY_KIND_INDICATIVE_PRICE 4
// `0E` 주식시간외호가.
#define STRATEGY_KIND_OFF_HOURS_QUOTE 5
// `0F` 주식당일거래원.
#define STRATEGY_KIND_BROKER_FLOW 6
// `0G` ETF NAV.
#define STRATEGY_KIND_ETF_NAV 7
// `0H` 주식예상체결.
#define STRATEGY_KIND_INDICATIVE_MATCH 8
// `0I` 국제금환산가격.
#define STRATEGY_KIND_GOLD_PRICE 9
// `0J` 업종지수.
#define STRATEGY_KIND_INDEX_VALUE 10
// `0U` 업종등락.
#define STRATEGY_KIND_INDEX_BREADTH 11
// `0g` 주식종목정보.
#define STRATEGY_KIND_INSTRUMENT_INFO 12
// `0m` ELW 이론가.
#define STRATEGY_KIND_WARRANT_THEORY 13
// `0s` 장시작시간.
#define STRATEGY_KIND_SESSION_STATE 14
// `0u` ELW 지표.
#define STRATEGY_KIND_WARRANT_INDICATORS 15
// `0w` 종목별프로그램매매.
#define STRATEGY_KIND_PROGRAM_TRADING 16
// `1h` VI발동/해제.
#define STRATEGY_KIND_VOLATILITY_INTERRUPTION 17
// `02` 조건검색.
#define STRATEGY_KIND_CONDITION_MATCH 18
// `00` 주문체결, an event of an own order.
#define STRATEGY_KIND_ORDER_UPDATE 19
// `04` 현물잔고, a change of an own position.
#define STRATEGY_KIND_BALANCE 20
// The engine's own: the state of the feed changed.
#define STRATEGY_KIND_FEED_EVENT 32
// The engine's own: further fields of the record that follows.
#define STRATEGY_KIND_EXTRAS 33
// The engine's own: where an order of this strategy stands.
#define STRATEGY_KIND_ORDER_REPORT 34
// The engine's own: a venue is in another phase of its day. Since minor version 1.
#define STRATEGY_KIND_SESSION_CHANGE 35

// Bits that say something about the whole record.
typedef uint16_t StrategyFlags;
// More entries of the same frame follow this one.
#define STRATEGY_FLAGS_MORE_IN_FRAME 1
// A text was longer than its field and was cut between two characters.
#define STRATEGY_FLAGS_TEXT_CUT (1 << 1)
// Extra fields were asked for and stand in the `Extras` records right before this one.
#define STRATEGY_FLAGS_HAS_EXTRAS (1 << 2)
// Nobody registered this item; `instrument` is `NONE`.
#define STRATEGY_FLAGS_UNREGISTERED (1 << 3)

// Nanoseconds since 1970-01-01T00:00:00Z. Zero means "unset".
typedef uint64_t StrategyUnixNanos;

// The first 40 bytes of every record.
typedef struct StrategyHeader {
    // Bytes of the whole record, header included; a multiple of 8.
    uint16_t size;
    // Which record this is.
    StrategyKind kind;
    // Venue that the item was registered for (from the suffix of `item`).
    StrategyVenue venue;
    // See `Flags`.
    StrategyFlags flags;
    // Which instrument, or `InstrumentId::NONE`.
    StrategyInstrumentId instrument;
    // Position in the stream of its feed, rising by one per record. A hole is a gap, and the
    // strategy is told about it. Account records have a stream of their own.
    uint64_t sequence;
    // The exchange's clock (whole seconds on the wire: FID 20, 21 or 908) with the date added;
    // unset for types that carry no time.
    StrategyUnixNanos ts_event;
    // When the kernel received the bytes that completed the frame; unset where it does not tell.
    StrategyUnixNanos ts_kernel;
    // Our clock right after the `read` that completed the frame.
    StrategyUnixNanos ts_recv;
} StrategyHeader;

// A plain count (trades, instruments, a time of day is `TimeOfDay` instead).
typedef int64_t StrategyCount;

// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
// that always ends in NUL.
typedef struct StrategyText_128 {
    uint8_t bytes[128];
} StrategyText_128;

// What happened to the feed.
typedef uint8_t StrategyFeedChange;
#define STRATEGY_FEED_CHANGE_NONE 0
// The broker accepted the login.
#define STRATEGY_FEED_CHANGE_CONNECTED 1
// Every registration was answered; data is flowing.
#define STRATEGY_FEED_CHANGE_SUBSCRIBED 2
// No bytes came for the configured time; prices may be old.
#define STRATEGY_FEED_CHANGE_STALE 3
// Records were missed: by this strategy (it was too slow) or on the wire.
#define STRATEGY_FEED_CHANGE_GAP 4
// The connection is gone; what happens until `SUBSCRIBED` is not seen.
#define STRATEGY_FEED_CHANGE_DISCONNECTED 5
// Connected again after a break.
#define STRATEGY_FEED_CHANGE_RECONNECTED 6
// The broker let another session take over this app key; the feed has ended.
#define STRATEGY_FEED_CHANGE_TAKEN_OVER 7
// The feed has ended and does not come back; the text says why.
#define STRATEGY_FEED_CHANGE_ENDED 8
// A registration was refused; the text says which.
#define STRATEGY_FEED_CHANGE_REFUSED 9
// Bytes flow again after `STALE`.
#define STRATEGY_FEED_CHANGE_FRESH 10

// A change of the feed, in order with the data.
typedef struct StrategyFeedEvent {
    // See `Header`.
    struct StrategyHeader header;
    // How many records were lost; set with `FeedChange::GAP`.
    StrategyCount lost;
    // Why, in words.
    struct StrategyText_128 reason;
    // What happened.
    StrategyFeedChange change;
    // Number of the connection, from 0.
    uint8_t connection;
    // Zero.
    uint8_t reserved[6];
} StrategyFeedEvent;

// What happened to an order.
typedef uint8_t StrategyOrderEvent;
#define STRATEGY_ORDER_EVENT_NONE 0
// The broker took it.
#define STRATEGY_ORDER_EVENT_ACCEPTED 1
// It filled, in part or whole: `last_quantity` at `last_price`.
#define STRATEGY_ORDER_EVENT_FILLED 2
// The replace took effect.
#define STRATEGY_ORDER_EVENT_REPLACED 3
// It is cancelled.
#define STRATEGY_ORDER_EVENT_CANCELLED 4
// The broker refused it.
#define STRATEGY_ORDER_EVENT_REJECTED 5
// The engine's risk gate refused it.
#define STRATEGY_ORDER_EVENT_DENIED 6
// The replace was refused; the order stands as it was.
#define STRATEGY_ORDER_EVENT_REPLACE_REFUSED 7
// The cancel was refused; the order stands as it was, or is gone already.
#define STRATEGY_ORDER_EVENT_CANCEL_REFUSED 8
// No answer came; the engine is finding out.
#define STRATEGY_ORDER_EVENT_UNKNOWN 9
// It passed the gate in dry-run mode and went no further.
#define STRATEGY_ORDER_EVENT_DRY_RUN 10

// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
// that always ends in NUL.
typedef struct StrategyText_64 {
    uint8_t bytes[64];
} StrategyText_64;

// Something happened to an order of this strategy. The engine's own record: it joins the answers of
// the order line, the broker's `00` events and the engine's own decisions, under the id that submit
// returned.
typedef struct StrategyOrderReport {
    // See `Header`.
    struct StrategyHeader header;
    // The order.
    StrategyClientOrderId order;
    // What was asked for; price and quantity as last replaced.
    struct StrategyOrderRequest request;
    // The broker's number; empty until it answered.
    StrategyOrderNumber order_number;
    // Shares still open.
    StrategyQuantity leaves;
    // Shares filled so far.
    StrategyQuantity cumulative_filled;
    // Shares of this fill; unset when this is not a fill.
    StrategyQuantity last_quantity;
    // Price of this fill, KRW; unset when this is not a fill.
    StrategyPrice last_price;
    // Code of the `Refusal`, or 0.
    int32_t refusal;
    // What happened.
    StrategyOrderEvent event;
    // Where the order stands now.
    StrategyOrderStatus status;
    // Zero.
    uint8_t reserved[6];
    // Why, in words of the broker or of the gate; empty when there is nothing to say.
    struct StrategyText_64 reason;
} StrategyOrderReport;

// A difference of two prices, in whole KRW per share, signed.
typedef int32_t StrategyPriceDelta;

// A number with two decimals (percent, index points, net asset value), counted in hundredths:
// `-4.18` is `-418`.
typedef int64_t StrategyHundredths;

// Where a price stands against the previous close: the sign in front of it on the wire.
typedef uint8_t StrategyDirection;
// No sign and no space.
#define STRATEGY_DIRECTION_NONE 0
// `+`.
#define STRATEGY_DIRECTION_UP 1
// A space where the sign would be.
#define STRATEGY_DIRECTION_UNCHANGED 2
// `-`.
#define STRATEGY_DIRECTION_DOWN 3

// Sign of the change since the previous close, FID 25 (전일대비기호).
typedef uint8_t StrategyChangeSign;
#define STRATEGY_CHANGE_SIGN_NONE 0
#define STRATEGY_CHANGE_SIGN_UPPER_LIMIT 1
#define STRATEGY_CHANGE_SIGN_UP 2
#define STRATEGY_CHANGE_SIGN_UNCHANGED 3
#define STRATEGY_CHANGE_SIGN_LOWER_LIMIT 4
#define STRATEGY_CHANGE_SIGN_DOWN 5

// Part of the day a trade belongs to, FID 290 (장구분).
typedef uint8_t StrategyTradeSession;
#define STRATEGY_TRADE_SESSION_NONE 0
// 장전 시간외.
#define STRATEGY_TRADE_SESSION_PRE_OPEN 1
// 장중.
#define STRATEGY_TRADE_SESSION_REGULAR 2
// 장후 시간외.
#define STRATEGY_TRADE_SESSION_AFTER_CLOSE 3

// A public execution print: type `0B` 주식체결. One record can be the sum of several exchange
// trades at one price. `ts_event` is FID 20.
typedef struct StrategyTrade {
    // See `Header`.
    struct StrategyHeader header;
    // Last trade price, KRW. FID 10. May be off the tick (mid-point trades).
    StrategyPrice price;
    // Price minus previous close, KRW, signed. FID 11.
    StrategyPriceDelta change;
    // Best ask at that moment, KRW; 0 when there is none. FID 27.
    StrategyPrice ask;
    // Best bid at that moment, KRW; 0 when there is none. FID 28.
    StrategyPrice bid;
    // Open of the day, KRW. FID 16.
    StrategyPrice open;
    // High of the day, KRW. FID 17.
    StrategyPrice high;
    // Low of the day, KRW. FID 18.
    StrategyPrice low;
    // Value traded today divided by volume, KRW. FID 620.
    StrategyPrice vwap;
    // Shares of this trade, without the aggressor's sign. FID 15.
    StrategyQuantity quantity;
    // Shares traded today, this trade included. FID 13.
    StrategyQuantity cumulative_volume;
    // Of those, bought by an aggressor. FID 1031.
    StrategyQuantity buy_volume;
    // Of those, sold by an aggressor. FID 1030.
    StrategyQuantity sell_volume;
    // Value traded today, KRW, cut to whole millions (the wire counts millions). FID 14.
    StrategyNotional cumulative_value;
    // Buy volume over sell volume, percent. FID 228 체결강도.
    StrategyHundredths strength;
    // The aggressor: the sign of FID 15.
    StrategySide side;
    // Price against the previous close: the sign of FID 10.
    StrategyDirection direction;
    // FID 25.
    StrategyChangeSign change_sign;
    // FID 290.
    StrategyTradeSession session;
    // Venue where it traded: FID 9081 (`KRX`/`NXT`, or the spec's `1`/`2`).
    StrategyVenue traded_venue;
    // Zero.
    uint8_t reserved[3];
} StrategyTrade;

// Ten levels of the order book: type `0D` 주식호가잔량. A full state, not a change. `ts_event` is
// FID 21. An empty level has price 0 and quantity 0.
//
// Under `_AL` the sizes are of both venues; the split (FIDs 6044–6115) can be asked for as extra
// fields, and so can the per-message changes (FIDs 81–100).
typedef struct StrategyDepth {
    // See `Header`.
    struct StrategyHeader header;
    // Ask prices, best first, KRW. FIDs 41–50.
    StrategyPrice ask_price[STRATEGY_DEPTH_LEVELS];
    // Bid prices, best first, KRW. FIDs 51–60.
    StrategyPrice bid_price[STRATEGY_DEPTH_LEVELS];
    // Ask sizes, shares. FIDs 61–70.
    StrategyQuantity ask_quantity[STRATEGY_DEPTH_LEVELS];
    // Bid sizes, shares. FIDs 71–80.
    StrategyQuantity bid_quantity[STRATEGY_DEPTH_LEVELS];
    // Shares offered on all levels of the exchange's book. FID 121.
    StrategyQuantity ask_total;
    // Shares bid for on all levels of the exchange's book. FID 125.
    StrategyQuantity bid_total;
    // Expected matching quantity of a call auction, shares. FID 24.
    StrategyQuantity indicative_quantity;
    // Expected matching price of a call auction, KRW; 0 outside. FID 23.
    StrategyPrice indicative_price;
    // Session code as in `SessionState`, one ASCII character or 0. FID 215.
    uint8_t session_code;
    // Zero.
    uint8_t reserved[3];
} StrategyDepth;

// Best bid and offer, without sizes and without a time: type `0C` 주식우선호가.
typedef struct StrategyBestQuote {
    // See `Header`.
    struct StrategyHeader header;
    // Best ask, KRW; 0 when there is none. FID 27.
    StrategyPrice ask;
    // Best bid, KRW; 0 when there is none. FID 28.
    StrategyPrice bid;
} StrategyBestQuote;

// Seconds since midnight in Korea (KST, UTC+9), `0..=86_399`. The wire writes it `HHmmss`.
typedef uint32_t StrategyTimeOfDay;

// A price change without a trade: type `0A` 주식기세.
typedef struct StrategyIndicativePrice {
    // See `Header`.
    struct StrategyHeader header;
    // Price, KRW. FID 10.
    StrategyPrice price;
    // Against the previous close, KRW, signed. FID 11.
    StrategyPriceDelta change;
    // Best ask, KRW. FID 27.
    StrategyPrice ask;
    // Best bid, KRW. FID 28.
    StrategyPrice bid;
    // Open, KRW. FID 16.
    StrategyPrice open;
    // High, KRW. FID 17.
    StrategyPrice high;
    // Low, KRW. FID 18.
    StrategyPrice low;
    // When the upper limit was reached; unset when it was not (`000000`). FID 567.
    StrategyTimeOfDay upper_limit_time;
    // When the lower limit was reached; unset when it was not (`000000`). FID 568.
    StrategyTimeOfDay lower_limit_time;
    // The sign of FID 10.
    StrategyDirection direction;
    // FID 25.
    StrategyChangeSign change_sign;
    // Zero.
    uint8_t reserved[2];
    // Change since the previous close, percent, signed. FID 12.
    StrategyHundredths change_rate;
    // Shares traded today. FID 13.
    StrategyQuantity cumulative_volume;
    // Value traded today, KRW, cut to whole millions. FID 14.
    StrategyNotional cumulative_value;
    // Volume minus yesterday's, shares, signed. FID 26.
    StrategyQuantity volume_change;
    // Value minus yesterday's, KRW, signed. FID 29.
    StrategyNotional value_change;
    // Volume over yesterday's, percent. The sign on the wire only marks up or down and is left out
    // (`volume_change` has it). FID 30.
    StrategyHundredths volume_ratio;
    // Turnover, percent. FID 31.
    StrategyHundredths turnover;
    // 거래비용, as sent. FID 32.
    StrategyCount trading_cost;
    // Market capitalisation, KRW, in steps of 100 million. FID 311.
    StrategyNotional market_cap;
} StrategyIndicativePrice;

// Totals of the off-hours single-price book: type `0E` 주식시간외호가. `ts_event` is FID 21.
typedef struct StrategyOffHoursQuote {
    // See `Header`.
    struct StrategyHeader header;
    // Shares offered. FID 131.
    StrategyQuantity ask_total;
    // Change of that since the message before, signed. FID 132.
    StrategyQuantity ask_total_change;
    // Shares bid for. FID 135.
    StrategyQuantity bid_total;
    // Change of that since the message before, signed. FID 136.
    StrategyQuantity bid_total_change;
} StrategyOffHoursQuote;

// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
// that always ends in NUL.
typedef struct StrategyText_32 {
    uint8_t bytes[32];
} StrategyText_32;

// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
// that always ends in NUL.
typedef struct StrategyText_8 {
    uint8_t bytes[8];
} StrategyText_8;

// One broker in a `BrokerFlow`.
typedef struct StrategyBrokerRow {
    // Shares today.
    StrategyQuantity quantity;
    // Change since the message before, shares, signed.
    StrategyQuantity change;
    // Broker's name; may hold inner double spaces (`삼  성`).
    struct StrategyText_32 name;
    // Broker's code, three digits.
    struct StrategyText_8 code;
} StrategyBrokerRow;

// The five largest selling and buying brokers of the day: type `0F` 주식당일거래원.
typedef struct StrategyBrokerFlow {
    // See `Header`.
    struct StrategyHeader header;
    // Sellers: names FIDs 141–145, codes 146–150, shares 161–165, changes 166–170.
    struct StrategyBrokerRow sellers[5];
    // Buyers: names FIDs 151–155, codes 156–160, shares 171–175, changes 176–180.
    struct StrategyBrokerRow buyers[5];
    // Estimated sum sold by foreign brokers, shares. FID 261.
    StrategyQuantity foreign_sold;
    // Change of that, signed. FID 262.
    StrategyQuantity foreign_sold_change;
    // Estimated sum bought by foreign brokers, shares. FID 263.
    StrategyQuantity foreign_bought;
    // Change of that, signed. FID 264.
    StrategyQuantity foreign_bought_change;
    // Bought minus sold, signed. FID 267.
    StrategyQuantity foreign_net;
    // Change of that, signed. FID 268.
    StrategyQuantity foreign_net_change;
} StrategyBrokerFlow;

// Net asset value of a fund: type `0G` ETF NAV. `ts_event` is FID 20.
typedef struct StrategyEtfNav {
    // See `Header`.
    struct StrategyHeader header;
    // Net asset value, KRW with two decimals. The sign on the wire only marks up or down and is left
    // out (`nav_change` has it). FID 36.
    StrategyHundredths nav;
    // Change since yesterday, KRW with two decimals, signed. FID 37.
    StrategyHundredths nav_change;
    // The same in percent, signed. FID 38.
    StrategyHundredths nav_change_rate;
    // Tracking error, percent. FID 39.
    StrategyHundredths tracking_error;
    // NAV against the index, percent, signed. FID 265.
    StrategyHundredths index_disparity;
    // NAV against the fund's price, percent, signed. FID 266.
    StrategyHundredths fund_disparity;
    // Price change since yesterday, percent, signed. FID 12.
    StrategyHundredths change_rate;
    // Shares traded today. FID 13.
    StrategyQuantity cumulative_volume;
    // Gearing. FID 667.
    StrategyHundredths gearing;
    // Break-even, percent. FID 668.
    StrategyHundredths break_even;
    // Capital support point, percent. FID 669.
    StrategyHundredths capital_support;
    // Price of the fund, KRW. FID 10.
    StrategyPrice price;
    // Price minus previous close, KRW, signed. FID 11.
    StrategyPriceDelta change;
    // FID 25.
    StrategyChangeSign change_sign;
    // The sign of FID 10.
    StrategyDirection direction;
    // Zero.
    uint8_t reserved[6];
} StrategyEtfNav;

// Expected price of a call auction: type `0H` 주식예상체결. `ts_event` is FID 20.
typedef struct StrategyIndicativeMatch {
    // See `Header`.
    struct StrategyHeader header;
    // Expected price, KRW. FID 10.
    StrategyPrice price;
    // Against the previous close, KRW, signed. FID 11.
    StrategyPriceDelta change;
    // The same in percent, signed. FID 12.
    StrategyHundredths change_rate;
    // Expected quantity, shares, without sign. FID 15.
    StrategyQuantity quantity;
    // Shares traded today. FID 13.
    StrategyQuantity cumulative_volume;
    // The sign of FID 15.
    StrategySide side;
    // The sign of FID 10.
    StrategyDirection direction;
    // FID 25.
    StrategyChangeSign change_sign;
    // Zero.
    uint8_t reserved[5];
} StrategyIndicativeMatch;

// International gold converted to KRW: type `0I` 국제금환산가격.
typedef struct StrategyGoldPrice {
    // See `Header`.
    struct StrategyHeader header;
    // Price, KRW. FID 10.
    StrategyPrice price;
    // Against yesterday, KRW, signed. FID 11.
    StrategyPriceDelta change;
    // The same in percent, signed. FID 12.
    StrategyHundredths change_rate;
    // FID 25.
    StrategyChangeSign change_sign;
    // The sign of FID 10.
    StrategyDirection direction;
    // Zero.
    uint8_t reserved[6];
} StrategyGoldPrice;

// Value of an index: type `0J` 업종지수. `ts_event` is FID 20.
typedef struct StrategyIndexValue {
    // See `Header`.
    struct StrategyHeader header;
    // Value, points. FID 10.
    StrategyHundredths value;
    // Against yesterday, points, signed. FID 11.
    StrategyHundredths change;
    // The same in percent, signed. FID 12.
    StrategyHundredths change_rate;
    // Open, points. FID 16.
    StrategyHundredths open;
    // High, points. FID 17.
    StrategyHundredths high;
    // Low, points. FID 18.
    StrategyHundredths low;
    // Volume since the message before, as sent (the wire counts thousands of shares). FID 15.
    StrategyCount volume;
    // Volume today, as sent (the wire counts thousands of shares). FID 13.
    StrategyCount cumulative_volume;
    // Value traded today, KRW, in steps of a million. FID 14.
    StrategyNotional cumulative_value;
    // Volume minus yesterday's, as sent, signed. FID 26.
    StrategyCount volume_change;
    // FID 25.
    StrategyChangeSign change_sign;
    // The sign of FID 10.
    StrategyDirection direction;
    // Zero.
    uint8_t reserved[6];
} StrategyIndexValue;

// How many instruments of an index rose and fell: type `0U` 업종등락. `ts_event` is FID 20.
typedef struct StrategyIndexBreadth {
    // See `Header`.
    struct StrategyHeader header;
    // Value, points. FID 10.
    StrategyHundredths value;
    // Against yesterday, points, signed. FID 11.
    StrategyHundredths change;
    // The same in percent, signed. FID 12.
    StrategyHundredths change_rate;
    // Volume today, as sent. FID 13.
    StrategyCount cumulative_volume;
    // Value traded today, KRW, in steps of a million. FID 14.
    StrategyNotional cumulative_value;
    // Instruments that rose. FID 252.
    StrategyCount up;
    // At the upper limit. FID 251.
    StrategyCount upper_limit;
    // Unchanged. FID 253.
    StrategyCount unchanged;
    // Instruments that fell. FID 255.
    StrategyCount down;
    // At the lower limit. FID 254.
    StrategyCount lower_limit;
    // Instruments that traded at all. FID 256.
    StrategyCount traded;
    // The same in percent. FID 257.
    StrategyHundredths traded_ratio;
    // FID 25.
    StrategyChangeSign change_sign;
    // The sign of FID 10.
    StrategyDirection direction;
    // Zero.
    uint8_t reserved[6];
} StrategyIndexBreadth;

// Limits and notes of an instrument, sent on market measures: type `0g` 주식종목정보.
typedef struct StrategyInstrumentInfo {
    // See `Header`.
    struct StrategyHeader header;
    // Upper price limit, KRW. FID 305.
    StrategyPrice upper_limit;
    // Lower price limit, KRW. FID 306.
    StrategyPrice lower_limit;
    // Base price of the limits, KRW. FID 307.
    StrategyPrice base_price;
    // Zero.
    uint32_t reserved;
    // Extension of the auction and why (`동정적VI`). FID 297.
    struct StrategyText_32 extension;
    // Extension before the session. FID 592.
    struct StrategyText_16 extension_pre;
    // Extension after the session. FID 593.
    struct StrategyText_16 extension_post;
    // Early end of a warrant. FID 689.
    struct StrategyText_16 warrant_early_end;
    // Currency. FID 594.
    struct StrategyText_16 currency;
    // Margin rate as shown. FID 382.
    struct StrategyText_16 margin_rate;
    // Notes on the instrument. FID 370.
    struct StrategyText_64 notes;
} StrategyInstrumentInfo;

// A number with up to six decimals (warrant sensitivities), counted in millionths.
typedef int64_t StrategyMillionths;

// Model values of a warrant: type `0m` ELW 이론가. `ts_event` is FID 20.
typedef struct StrategyWarrantTheory {
    // See `Header`.
    struct StrategyHeader header;
    // Theoretical price, KRW. FID 670.
    StrategyMillionths theoretical_price;
    // Implied volatility, percent. FID 671.
    StrategyMillionths implied_volatility;
    // FID 672.
    StrategyMillionths delta;
    // FID 673.
    StrategyMillionths gamma;
    // FID 674.
    StrategyMillionths theta;
    // FID 675.
    StrategyMillionths vega;
    // FID 676.
    StrategyMillionths rho;
    // Implied volatility of the liquidity provider's quote, percent. FID 706.
    StrategyMillionths provider_volatility;
    // Price, KRW. FID 10.
    StrategyPrice price;
    // The sign of FID 10.
    StrategyDirection direction;
    // Zero.
    uint8_t reserved[3];
} StrategyWarrantTheory;

// What FID 215 (장운영구분) says, as the character on the wire.
typedef uint8_t StrategySessionCode;
#define STRATEGY_SESSION_CODE_NONE 0
// `0`: notice before the open, from 08:40.
#define STRATEGY_SESSION_CODE_OPEN_NOTICE 48
// `3`: open, 09:00.
#define STRATEGY_SESSION_CODE_OPEN 51
// `2`: notice before the close, from 15:20.
#define STRATEGY_SESSION_CODE_CLOSE_NOTICE 50
// `4`: close, 15:30.
#define STRATEGY_SESSION_CODE_CLOSE 52
// `8`: regular session closed.
#define STRATEGY_SESSION_CODE_REGULAR_CLOSED 56
// `9`: everything closed.
#define STRATEGY_SESSION_CODE_ALL_CLOSED 57
// `a`: off-hours at the closing price begins, 15:40.
#define STRATEGY_SESSION_CODE_OFF_HOURS_BEGIN 97
// `b`: it ends, 16:00.
#define STRATEGY_SESSION_CODE_OFF_HOURS_END 98
// `c`: off-hours single price begins.
#define STRATEGY_SESSION_CODE_OFF_HOURS_SINGLE_BEGIN 99
// `d`: it ends.
#define STRATEGY_SESSION_CODE_OFF_HOURS_SINGLE_END 100
// `e`: derivatives' closing auction ended.
#define STRATEGY_SESSION_CODE_DERIVATIVES_AUCTION_END 101
// `f`: derivatives' session notice.
#define STRATEGY_SESSION_CODE_DERIVATIVES_NOTICE 102
// `o`: derivatives' open.
#define STRATEGY_SESSION_CODE_DERIVATIVES_OPEN 111
// `s`: derivatives' closing auction began.
#define STRATEGY_SESSION_CODE_DERIVATIVES_AUCTION_BEGIN 115
// `P`: Nextrade pre-market begins.
#define STRATEGY_SESSION_CODE_NXT_PRE_BEGIN 80
// `Q`: it ends.
#define STRATEGY_SESSION_CODE_NXT_PRE_END 81
// `R`: Nextrade main market begins.
#define STRATEGY_SESSION_CODE_NXT_MAIN_BEGIN 82
// `S`: it ends.
#define STRATEGY_SESSION_CODE_NXT_MAIN_END 83
// `T`: Nextrade after-market single price begins.
#define STRATEGY_SESSION_CODE_NXT_AFTER_SINGLE_BEGIN 84
// `U`: Nextrade after-market begins.
#define STRATEGY_SESSION_CODE_NXT_AFTER_BEGIN 85
// `V`: it ends.
#define STRATEGY_SESSION_CODE_NXT_AFTER_END 86

// The session clock: type `0s` 장시작시간. `ts_event` is FID 20.
typedef struct StrategySessionState {
    // See `Header`.
    struct StrategyHeader header;
    // FID 215 as text, should it ever be longer than one character.
    struct StrategyText_8 text;
    // Time left until the session starts, as hours, minutes and seconds. FID 214.
    StrategyTimeOfDay remaining;
    // FID 215; `SessionCode::NONE` when it is empty or longer than one character.
    StrategySessionCode code;
    // Zero.
    uint8_t reserved[3];
} StrategySessionState;

// Indicators of a warrant: type `0u` ELW 지표. `ts_event` is FID 20.
typedef struct StrategyWarrantIndicators {
    // See `Header`.
    struct StrategyHeader header;
    // Parity, percent. FID 666.
    StrategyHundredths parity;
    // Premium. FID 1211.
    StrategyHundredths premium;
    // Gearing. FID 667.
    StrategyHundredths gearing;
    // Break-even, percent, signed. FID 668.
    StrategyHundredths break_even;
    // Capital support point, percent, signed. FID 669.
    StrategyHundredths capital_support;
} StrategyWarrantIndicators;

// Program trading in an instrument: type `0w` 종목별프로그램매매. `ts_event` is FID 20.
//
// The wire counts the money fields in millions of KRW (the public specification says KRW for FID
// 204; recorded frames show millions).
typedef struct StrategyProgramTrading {
    // See `Header`.
    struct StrategyHeader header;
    // Price, KRW. FID 10.
    StrategyPrice price;
    // Against the previous close, KRW, signed. FID 11.
    StrategyPriceDelta change;
    // The same in percent, signed. FID 12.
    StrategyHundredths change_rate;
    // Shares traded today by everybody. FID 13.
    StrategyQuantity cumulative_volume;
    // Shares sold by programs. FID 202.
    StrategyQuantity sold;
    // Value sold, KRW, in steps of a million. FID 204.
    StrategyNotional sold_value;
    // Shares bought by programs. FID 206.
    StrategyQuantity bought;
    // Value bought, KRW, in steps of a million. FID 208.
    StrategyNotional bought_value;
    // Bought minus sold, shares, signed. FID 210.
    StrategyQuantity net;
    // Change of that, signed. FID 211.
    StrategyQuantity net_change;
    // Value bought minus sold, KRW, in steps of a million, signed. FID 212.
    StrategyNotional net_value;
    // Change of that, KRW, in steps of a million, signed. FID 213.
    StrategyNotional net_value_change;
    // FID 25.
    StrategyChangeSign change_sign;
    // The sign of FID 10.
    StrategyDirection direction;
    // Zero.
    uint8_t reserved[6];
} StrategyProgramTrading;

// What set off a volatility interruption, FID 9068.
typedef uint8_t StrategyInterruptionKind;
#define STRATEGY_INTERRUPTION_KIND_NONE 0
#define STRATEGY_INTERRUPTION_KIND_STATIC 1
#define STRATEGY_INTERRUPTION_KIND_DYNAMIC 2
#define STRATEGY_INTERRUPTION_KIND_BOTH 3

// Direction of a volatility interruption, FID 9069.
typedef uint8_t StrategyInterruptionDirection;
#define STRATEGY_INTERRUPTION_DIRECTION_NONE 0
#define STRATEGY_INTERRUPTION_DIRECTION_UP 1
#define STRATEGY_INTERRUPTION_DIRECTION_DOWN 2

// A volatility interruption began or ended: type `1h` VI발동/해제. Registered market-wide, the same
// event comes twice, once per code form (`109670_AL` and `109670`).
typedef struct StrategyVolatilityInterruption {
    // See `Header`.
    struct StrategyHeader header;
    // Code of the instrument. FID 9001.
    StrategySymbol symbol;
    // Its name. FID 302.
    struct StrategyText_48 name;
    // Shares traded today. FID 13.
    StrategyQuantity cumulative_volume;
    // Value traded today, KRW, in steps of a million. FID 14.
    StrategyNotional cumulative_value;
    // Distance to the static base price, percent, signed. FID 1238.
    StrategyHundredths static_disparity;
    // Distance to the dynamic base price, percent, signed. FID 1239.
    StrategyHundredths dynamic_disparity;
    // The trigger price's change since the previous close, percent, signed. FID 1489.
    StrategyHundredths trigger_rate;
    // Price that set it off, KRW. FID 1221.
    StrategyPrice trigger_price;
    // Static base price, KRW; 0 when dynamic. FID 1236.
    StrategyPrice static_base;
    // Dynamic base price, KRW; 0 when static. FID 1237.
    StrategyPrice dynamic_base;
    // When it began. FID 1223.
    StrategyTimeOfDay trigger_time;
    // When it ended; unset while it lasts (`000000`). FID 1224.
    StrategyTimeOfDay release_time;
    // How many today in this instrument. FID 1490.
    uint32_t count_today;
    // Market, as sent (`101` KOSDAQ). FID 9008.
    struct StrategyText_16 market;
    // FID 9068.
    StrategyInterruptionKind interruption;
    // FID 9069.
    StrategyInterruptionDirection direction;
    // Session, 1 = regular. FID 9075.
    uint8_t session;
    // Zero.
    uint8_t reserved[5];
} StrategyVolatilityInterruption;

// An instrument entered or left a condition search: type `02` 조건검색. `ts_event` is FID 20.
typedef struct StrategyConditionMatch {
    // See `Header`.
    struct StrategyHeader header;
    // Code of the instrument, without the letter in front. FID 9001.
    StrategySymbol symbol;
    // Number of the condition. FID 841.
    struct StrategyText_8 condition;
    // `I` entered, `D` left. FID 843.
    uint8_t change;
    // Zero.
    uint8_t reserved[7];
} StrategyConditionMatch;

// UTF-8 text of at most `N - 1` bytes, followed by zero bytes to the end. In C it is a `char[N]`
// that always ends in NUL.
typedef struct StrategyText_24 {
    uint8_t bytes[24];
} StrategyText_24;

// State in the broker's words, FID 913 (주문상태).
typedef uint8_t StrategyOrderState;
#define STRATEGY_ORDER_STATE_NONE 0
// 접수.
#define STRATEGY_ORDER_STATE_ACCEPTED 1
// 체결.
#define STRATEGY_ORDER_STATE_FILLED 2
// 확인: a cancel or modify took effect.
#define STRATEGY_ORDER_STATE_CONFIRMED 3
// 취소.
#define STRATEGY_ORDER_STATE_CANCELLED 4
// 거부.
#define STRATEGY_ORDER_STATE_REJECTED 5

// What the order does, FID 905 (주문구분) without its colour sign.
typedef uint8_t StrategyOrderAction;
#define STRATEGY_ORDER_ACTION_NONE 0
// 매수, 매도.
#define STRATEGY_ORDER_ACTION_NEW 1
// 매수정정, 매도정정.
#define STRATEGY_ORDER_ACTION_MODIFY 2
// 매수취소, 매도취소.
#define STRATEGY_ORDER_ACTION_CANCEL 3

// Something happened to an own order: type `00` 주문체결. `ts_event` is FID 908.
//
// A new fill is a rise of `cumulative_filled` for its `order_number`; `leaves` also falls without a
// fill (cancel, modify).
typedef struct StrategyOrderUpdate {
    // See `Header`.
    struct StrategyHeader header;
    // Number of this order. FID 9203.
    StrategyOrderNumber order_number;
    // Number of the order it changes; `0000000` when there is none. FID 904.
    StrategyOrderNumber original_order_number;
    // Code of the instrument. FID 9001.
    StrategySymbol symbol;
    // Account number. FID 9201.
    struct StrategyText_16 account;
    // Fill number; empty before a fill. FID 909.
    struct StrategyText_16 fill_number;
    // Order type in the broker's words (보통, 시장가, …). FID 906.
    struct StrategyText_24 order_type;
    // Why it was rejected; `0` means it was not. FID 919.
    struct StrategyText_48 reject_reason;
    // Shares ordered. FID 900.
    StrategyQuantity quantity;
    // Shares still open; 0 is the end of the order. FID 902.
    StrategyQuantity leaves;
    // Shares filled so far, all fills of this order. FID 911.
    StrategyQuantity cumulative_filled;
    // Shares of this fill. FID 915.
    StrategyQuantity last_quantity;
    // Money filled so far, KRW. FID 903.
    StrategyNotional cumulative_value;
    // Fee, KRW; of this order, although the wire calls it the day's. FID 938.
    StrategyNotional fee;
    // Tax, KRW; of this order, although the wire calls it the day's. FID 939.
    StrategyNotional tax;
    // Price ordered, KRW; 0 for a market order. FID 901.
    StrategyPrice price;
    // Price of the fill, KRW. FID 910.
    StrategyPrice fill_price;
    // Price of this one fill, KRW. FID 914.
    StrategyPrice last_price;
    // Last trade of the instrument, KRW. FID 10.
    StrategyPrice market_price;
    // Best ask, KRW. FID 27.
    StrategyPrice ask;
    // Best bid, KRW. FID 28.
    StrategyPrice bid;
    // FID 913.
    StrategyOrderState state;
    // FID 905, by content.
    StrategyOrderAction action;
    // FID 907, or 905 where 907 is empty.
    StrategySide side;
    // FID 2134.
    StrategyVenue traded_venue;
    // Whether smart order routing was used, FID 2136: `Y`, `N` or 0.
    uint8_t smart_routed;
    // Zero.
    uint8_t reserved[3];
} StrategyOrderUpdate;

// An own position changed: type `04` 현물잔고, after a fill.
typedef struct StrategyBalance {
    // See `Header`.
    struct StrategyHeader header;
    // Code of the instrument. FID 9001.
    StrategySymbol symbol;
    // Account number. FID 9201.
    struct StrategyText_16 account;
    // Name of the instrument. FID 302.
    struct StrategyText_48 name;
    // Kind of credit (`00` none). FID 917.
    struct StrategyText_8 credit;
    // Date of the loan, `YYYYMMDD`. FID 916.
    struct StrategyText_16 loan_date;
    // Date the loan ends, `YYYYMMDD`. FID 918.
    struct StrategyText_16 expiry_date;
    // Shares held. FID 930.
    StrategyQuantity quantity;
    // Of those, shares that can be sold. FID 933.
    StrategyQuantity sellable;
    // Bought minus sold today, signed. FID 945.
    StrategyQuantity net_bought_today;
    // Shares pledged. FID 959.
    StrategyQuantity pledged;
    // What the position cost, KRW. FID 932.
    StrategyNotional total_cost;
    // Profit of today's sales, KRW, signed. FID 950.
    StrategyNotional realised_today;
    // Profit realised today on securities, KRW, signed. FID 990.
    StrategyNotional realised_securities;
    // Profit realised today on credit, KRW, signed. FID 992.
    StrategyNotional realised_credit;
    // Credit used, KRW. FID 957.
    StrategyNotional credit_amount;
    // Interest on it, KRW. FID 958.
    StrategyNotional credit_interest;
    // Profit realised, percent, signed. FID 8019.
    StrategyHundredths realised_rate;
    // The same on securities, percent. FID 991.
    StrategyHundredths realised_securities_rate;
    // The same on credit, percent. FID 993.
    StrategyHundredths realised_credit_rate;
    // Average price paid, KRW. FID 931.
    StrategyPrice average_price;
    // Last trade of the instrument, KRW. FID 10.
    StrategyPrice market_price;
    // Best ask, KRW. FID 27.
    StrategyPrice ask;
    // Best bid, KRW. FID 28.
    StrategyPrice bid;
    // Base price of the day, KRW. FID 307.
    StrategyPrice base_price;
    // Side of the last change, FID 946: 1 sell, 2 buy on the wire.
    StrategySide side;
    // Zero.
    uint8_t reserved[3];
} StrategyBalance;

// What a venue is doing. Times are Korea's and those of a normal day.
typedef uint8_t StrategySessionPhase;
// Not known: before the engine has told anything.
#define STRATEGY_SESSION_PHASE_UNKNOWN 0
// Nothing is taken: before, between and after the others, and on days without trading.
#define STRATEGY_SESSION_PHASE_CLOSED 1
// NXT 08:00-08:50.
#define STRATEGY_SESSION_PHASE_PRE_MARKET 2
// KRX 08:30-08:40: opening call auction, and beside it trades at yesterday's close.
#define STRATEGY_SESSION_PHASE_OPENING_AUCTION_OFF_HOURS 3
// KRX 08:40-09:00: opening call auction.
#define STRATEGY_SESSION_PHASE_OPENING_AUCTION 4
// Continuous trading: KRX from 09:00, NXT from 09:00:30.
#define STRATEGY_SESSION_PHASE_CONTINUOUS 5
// KRX 15:20-15:30: closing call auction.
#define STRATEGY_SESSION_PHASE_CLOSING_AUCTION 6
// KRX 15:30-15:40: orders at today's close are taken, not yet matched.
#define STRATEGY_SESSION_PHASE_OFF_HOURS_QUEUE 7
// KRX 15:40-16:00: trades at today's close.
#define STRATEGY_SESSION_PHASE_OFF_HOURS 8
// KRX 16:00-18:00, until 2026-09-13: off-hours single price.
#define STRATEGY_SESSION_PHASE_OFF_HOURS_SINGLE 9
// NXT 15:30-15:40: single price.
#define STRATEGY_SESSION_PHASE_AFTER_AUCTION 10
// KRX 16:00-20:00 since 2026-09-14, NXT 15:40-20:00.
#define STRATEGY_SESSION_PHASE_AFTER_MARKET 11

// How the engine knows that a venue is in another phase.
typedef uint8_t StrategySessionCause;
#define STRATEGY_SESSION_CAUSE_NONE 0
// The planned time came. The first word about a venue is also this.
#define STRATEGY_SESSION_CAUSE_CLOCK 1
// A `0s` frame said so; `code` is its code.
#define STRATEGY_SESSION_CAUSE_FRAME 2
// The planned time came, and the frame that should have come did not.
#define STRATEGY_SESSION_CAUSE_UNCONFIRMED 3

// A venue is in another phase. The engine's own record: it joins the exchange's calendar, the clock
// and the broker's `0s` frames, which a strategy then need not read. Right after `on_start` each venue is
// told once, before any record of the market, from `UNKNOWN`.
typedef struct StrategySessionChange {
    // See `Header`: `venue` is KRX or NXT, `ts_recv` is when the engine decided it.
    struct StrategyHeader header;
    // What the venue was doing.
    StrategySessionPhase before;
    // What it is doing now.
    StrategySessionPhase after;
    // How the engine knows.
    StrategySessionCause cause;
    // The code of the `0s` frame, if that is the cause; else 0.
    StrategySessionCode code;
    // Zero.
    uint8_t reserved[4];
} StrategySessionChange;

// What a plugin exports. A callback may be null, then it is skipped and its events cost nothing;
// `create` and `destroy` must be there.
//
// A new minor version appends slots at the end.
typedef struct StrategyPluginTable {
    // `sizeof` this table, as the plugin knows it.
    uint32_t size;
    // `ABI_MAJOR` that the plugin was compiled with.
    uint16_t abi_major;
    // `ABI_MINOR` that the plugin was compiled with.
    uint16_t abi_minor;
    // Name of the strategy. UTF-8, NUL-terminated, not empty, below `PLUGIN_TEXT_BYTES_MAX` bytes.
    const char *name;
    // Its version, likewise; may be null.
    const char *version;
    // What it does, in a line, likewise; may be null.
    const char *description;
    // Makes an instance. `params` is the strategy's table of the configuration as TOML text (UTF-8,
    // `params_length` bytes, not NUL-terminated); the host's function `param` reads single keys of
    // it. Writes the instance to `*instance` and returns `STATUS_OK`, or returns another status
    // after `set_error`. `host` and `context` stay valid until `destroy` returns.
    int32_t (*create)(const struct StrategyHostTable *host,
                      struct StrategyHostContext *context,
                      const char *params,
                      size_t params_length,
                      struct StrategyPluginInstance **instance);
    // Frees an instance. Not called for one that panicked.
    void (*destroy)(struct StrategyPluginInstance *instance);
    // The engine is ready; events follow. Orders may be sent from here on.
    int32_t (*on_start)(struct StrategyPluginInstance *instance);
    // The last call before `destroy`. Not called for an instance that failed.
    int32_t (*on_stop)(struct StrategyPluginInstance *instance);
    // The timer named `tag` is due, set for `due_ns` (nanoseconds since 1970).
    int32_t (*on_timer)(struct StrategyPluginInstance *instance, uint64_t tag, uint64_t due_ns);
    // The state of the feed changed, or records were lost.
    int32_t (*on_feed)(struct StrategyPluginInstance *instance,
                       const struct StrategyFeedEvent *record);
    // Something happened to an order of this strategy.
    int32_t (*on_order)(struct StrategyPluginInstance *instance,
                        const struct StrategyOrderReport *record);
    // `0B` 주식체결.
    int32_t (*on_trade)(struct StrategyPluginInstance *instance, const struct StrategyTrade *record);
    // `0D` 주식호가잔량.
    int32_t (*on_depth)(struct StrategyPluginInstance *instance, const struct StrategyDepth *record);
    // `0C` 주식우선호가.
    int32_t (*on_best_quote)(struct StrategyPluginInstance *instance,
                             const struct StrategyBestQuote *record);
    // `0A` 주식기세.
    int32_t (*on_indicative_price)(struct StrategyPluginInstance *instance,
                                   const struct StrategyIndicativePrice *record);
    // `0E` 주식시간외호가.
    int32_t (*on_off_hours_quote)(struct StrategyPluginInstance *instance,
                                  const struct StrategyOffHoursQuote *record);
    // `0F` 주식당일거래원.
    int32_t (*on_broker_flow)(struct StrategyPluginInstance *instance,
                              const struct StrategyBrokerFlow *record);
    // `0G` ETF NAV.
    int32_t (*on_etf_nav)(struct StrategyPluginInstance *instance,
                          const struct StrategyEtfNav *record);
    // `0H` 주식예상체결.
    int32_t (*on_indicative_match)(struct StrategyPluginInstance *instance,
                                   const struct StrategyIndicativeMatch *record);
    // `0I` 국제금환산가격.
    int32_t (*on_gold_price)(struct StrategyPluginInstance *instance,
                             const struct StrategyGoldPrice *record);
    // `0J` 업종지수.
    int32_t (*on_index_value)(struct StrategyPluginInstance *instance,
                              const struct StrategyIndexValue *record);
    // `0U` 업종등락.
    int32_t (*on_index_breadth)(struct StrategyPluginInstance *instance,
                                const struct StrategyIndexBreadth *record);
    // `0g` 주식종목정보.
    int32_t (*on_instrument_info)(struct StrategyPluginInstance *instance,
                                  const struct StrategyInstrumentInfo *record);
    // `0m` ELW 이론가.
    int32_t (*on_warrant_theory)(struct StrategyPluginInstance *instance,
                                 const struct StrategyWarrantTheory *record);
    // `0s` 장시작시간.
    int32_t (*on_session_state)(struct StrategyPluginInstance *instance,
                                const struct StrategySessionState *record);
    // `0u` ELW 지표.
    int32_t (*on_warrant_indicators)(struct StrategyPluginInstance *instance,
                                     const struct StrategyWarrantIndicators *record);
    // `0w` 종목별프로그램매매.
    int32_t (*on_program_trading)(struct StrategyPluginInstance *instance,
                                  const struct StrategyProgramTrading *record);
    // `1h` VI발동/해제.
    int32_t (*on_volatility_interruption)(struct StrategyPluginInstance *instance,
                                          const struct StrategyVolatilityInterruption *record);
    // `02` 조건검색.
    int32_t (*on_condition_match)(struct StrategyPluginInstance *instance,
                                  const struct StrategyConditionMatch *record);
    // `00` 주문체결: an order of the account, as the broker tells it. `on_order` is what a strategy
    // usually wants.
    int32_t (*on_order_update)(struct StrategyPluginInstance *instance,
                               const struct StrategyOrderUpdate *record);
    // `04` 현물잔고: a position of the account, as the broker tells it.
    int32_t (*on_balance)(struct StrategyPluginInstance *instance,
                          const struct StrategyBalance *record);
    // Since minor version 1: a venue is in another phase of its day. Each venue is told once right
    // after `on_start`, before any record of the market.
    int32_t (*on_session)(struct StrategyPluginInstance *instance,
                          const struct StrategySessionChange *record);
} StrategyPluginTable;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// What a plugin exports, and all that it exports.
const struct StrategyPluginTable *strategy_plugin(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* STRATEGY_H */
