#!/usr/bin/env python3
"""A public Python client of the broker against `engine sim`, without a change to the client.

It logs in, looks at an instrument, registers for trades and own orders, buys, modifies, cancels,
asks for orders, fills, positions and cash, and checks that the frames and the answers agree.

    python3 -m venv venv && venv/bin/pip install kiwoom-client
    engine sim --day-start 10:00:00 --cert-out certs &
    SSL_CERT_FILE=certs/ca.pem venv/bin/python sim/clients/kiwoom_client_demo.py

What points the client at the simulator, nothing else:

- REST: its own constructor argument `base_url` (default here: https://127.0.0.1:10443).
- WebSocket: its own constructor argument `ws_url`. `api.create_websocket()` takes no address, so the
  class it returns is made directly, with the token of the same login.
- Trust: SSL_CERT_FILE names the simulator's certificate; httpx and websockets both read it. With
  `engine sim --plain` no certificate is needed: give http:// and ws:// addresses.

Arguments: [REST address] [WebSocket address]. Exit code 0 when everything agreed.
Not part of `cargo test`: it needs a Python package from outside.
"""

import asyncio
import sys

from kiwoom_client import KiwoomAPI, KiwoomAPIError, KiwoomWebSocket

REST = sys.argv[1] if len(sys.argv) > 1 else "https://127.0.0.1:10443"
SOCKET = sys.argv[2] if len(sys.argv) > 2 else "wss://127.0.0.1:10000/api/dostk/websocket"
SYMBOL = "005930"
PATIENCE_S = 20


class Seen:
    """What came over the socket."""

    def __init__(self):
        self.trades = 0
        self.orders = []
        self.balances = []
        self.changed = asyncio.Event()

    def trade(self, _entry):
        self.trades += 1
        self.changed.set()

    def order(self, entry):
        self.orders.append(entry["values"])
        self.changed.set()

    def balance(self, entry):
        self.balances.append(entry["values"])
        self.changed.set()

    async def until(self, what, test):
        """Waits until `test` holds."""

        async def wait():
            while not test():
                self.changed.clear()
                await self.changed.wait()

        try:
            await asyncio.wait_for(wait(), PATIENCE_S)
        except asyncio.TimeoutError:
            sys.exit(f"no {what} within {PATIENCE_S} s")
        print(f"seen: {what}")

    def states(self, number):
        """FID 913 and 902 of an order's frames, in order."""
        return [(v["913"], v["902"]) for v in self.orders if v["9203"] == number]


def order(symbol, quantity, price, kind):
    """Body of a buy or a sale at KRX."""
    return {
        "dmst_stex_tp": "KRX",
        "stk_cd": symbol,
        "ord_qty": str(quantity),
        "ord_uv": str(price) if price else "",
        "trde_tp": kind,
        "cond_uv": "",
    }


async def main():
    # The simulator's limit is the real host's five calls a second, the client's default is the
    # mock host's one.
    api = KiwoomAPI("demo-key", "demo-secret", base_url=REST, rate_limit=5.0, rate_burst=5)
    call = asyncio.to_thread
    await call(api.login)
    token = api._auth.token
    account = (await call(api.account.account_number_inquiry))["acctNo"]
    info = await call(api.stock_info.basic_stock_info, stk_cd=SYMBOL)
    print(f"account {account}, {info['stk_nm']} {info['cur_prc']}, "
          f"limits {info['lst_pric']} to {info['upl_pric']}")

    seen = Seen()
    socket = KiwoomWebSocket(token, ws_url=SOCKET)
    await socket.connect()
    socket.on("0B", seen.trade)
    socket.on("00", seen.order)
    socket.on("04", seen.balance)
    listening = asyncio.create_task(socket.listen())
    await socket.subscribe(["00", "04"], "")
    await socket.subscribe("0B", SYMBOL)
    await seen.until("trades", lambda: seen.trades > 0)

    bought = (await call(api.order.buy_order, **order(SYMBOL, 3, 0, "3")))["ord_no"]
    await seen.until("the market order filled", lambda: ("체결", "0") in seen.states(bought))
    await seen.until("the balance", lambda: any(v["930"] == "3" for v in seen.balances))

    low = abs(int(info["lst_pric"]))
    resting = (await call(api.order.buy_order, **order(SYMBOL, 2, low, "0")))["ord_no"]
    changed = (await call(
        api.order.modify_order, dmst_stex_tp="KRX", orig_ord_no=resting, stk_cd=SYMBOL,
        mdfy_qty="0", mdfy_uv=str(low + 500), mdfy_cond_uv="",
    ))["ord_no"]
    rows = (await call(
        api.account.unfilled_orders, all_stk_tp="0", trde_tp="0", stk_cd="", stex_tp="0",
    ))["oso"]
    assert [row["ord_no"] for row in rows] == [changed], rows
    cancelled = await call(
        api.order.cancel_order, dmst_stex_tp="KRX", orig_ord_no=changed, stk_cd=SYMBOL,
        cncl_qty="0",
    )
    assert cancelled["base_orig_ord_no"] == resting, cancelled
    await seen.until("the cancel", lambda: seen.states(changed)[-1:] == [("접수", "0")])
    try:
        await call(
            api.order.cancel_order, dmst_stex_tp="KRX", orig_ord_no=changed, stk_cd=SYMBOL,
            cncl_qty="0",
        )
        sys.exit("a second cancel was accepted")
    except KiwoomAPIError as refusal:
        print(f"refused as it should be: {refusal}")

    fills = (await call(
        api.account.filled_orders, stk_cd="", qry_tp="0", sell_tp="0", ord_no="", stex_tp="0",
    ))["cntr"]
    assert [(row["ord_no"], row["cntr_qty"]) for row in fills] == [(bought, "3")], fills
    held = await call(api.account.evaluation_balance_detail, qry_tp="1", dmst_stex_tp="KRX")
    rows = held["acnt_evlt_remn_indv_tot"]
    assert [(r["stk_cd"], int(r["rmnd_qty"])) for r in rows] == [("A" + SYMBOL, 3)], rows
    cash = await call(api.account.deposit_detail, qry_tp="3")
    print(f"cash to order with: {int(cash['ord_alow_amt']):,} KRW")

    await socket.disconnect()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    api.close()
    print(f"all agreed: {seen.trades} trades, {len(seen.orders)} order frames")


if __name__ == "__main__":
    asyncio.run(main())
