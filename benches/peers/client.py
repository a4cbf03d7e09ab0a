"""The client that the field starts from: asyncio, websockets, json, and aiohttp for orders.

Arguments: port, certificate, file for the marks, frames, core, FID 13 of frame number 0, an order on
every so many trades, the instruments with commas between, port of the order desk, an order leaves on every
so many trades (0: none does), token. The file has the form of `marks.rs`. An order's quantity names its
frame, as `orders.rs` says. An order is a task of its own, so that the reader goes on meanwhile.
"""

import array
import asyncio
import json
import os
import resource
import ssl
import sys
import time

import websockets

port, certificate, marks, frames, core, base, every, items = sys.argv[1:9]
orders_port, orders_every, token = sys.argv[9:12]
frames, core, base, every = int(frames), int(core), int(base), int(every)
orders_every = int(orders_every)
every = orders_every or every
HEAD = 5
words = array.array("Q", bytes(8 * (HEAD + frames)))
orders = []
session = None
replies = set()
failures = []


def processor():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int(usage.ru_utime * 1e9), int(usage.ru_stime * 1e9)


def number(text):
    return int(text) if text.strip() else 0


def decide(trade):
    number = trade["cumulative_volume"] - base
    if number % every == 0:
        order = (trade["item"], trade["price"], number // every + 1)
        orders.append(order)
        del orders[:-256]
        if session is not None:
            task = asyncio.get_running_loop().create_task(send(order))
            replies.add(task)
            task.add_done_callback(done)


def done(task):
    replies.discard(task)
    if task.exception() is not None:
        failures.append(task.exception())


async def post(api, body):
    url = f"https://127.0.0.1:{orders_port}/api/dostk/ordr"
    async with session.post(url, data=body, headers={"api-id": api}) as response:
        reply = await response.json()
        if response.status != 200 or reply["return_code"] != 0:
            raise RuntimeError(f"the order desk answered {response.status} {reply}")


async def send(order):
    item, price, quantity = order
    body = {"dmst_stex_tp": "KRX", "stk_cd": item, "ord_qty": str(quantity), "ord_uv": str(price)}
    body |= {"trde_tp": "0", "cond_uv": ""}
    await post("kt10000", json.dumps(body))


async def connect(context):
    """The connection for orders, warm."""
    global session
    import aiohttp

    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json;charset=UTF-8",
        "cont-yn": "N",
    }
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context), headers=headers)
    for _ in range(3):
        await post("ka00001", "{}")


def take(text):
    frame = json.loads(text)
    if frame["trnm"] != "REAL":
        return
    for entry in frame["data"]:
        if entry["type"] != "0B":
            continue
        values = entry["values"]
        trade = {
            "item": entry["item"],
            "time": values["20"],
            "price": abs(number(values["10"])),
            "change": number(values["11"]),
            "ask": abs(number(values["27"])),
            "bid": abs(number(values["28"])),
            "quantity": number(values["15"]),
            "cumulative_volume": number(values["13"]),
            "strength": float(values["228"] or 0),
        }
        decide(trade)
        now = time.time_ns()
        if words[0] == 0:
            words[1], words[2] = processor()
        words[0] += 1
        words[HEAD + trade["cumulative_volume"] - base] = now


async def main():
    os.sched_setaffinity(0, {core})
    context = ssl.create_default_context(cafile=certificate)
    if orders_every:
        await connect(context)
    url = f"wss://127.0.0.1:{port}/api/dostk/websocket"
    async with websockets.connect(url, ssl=context, compression=None, proxy=None) as socket:
        await socket.send(json.dumps({"trnm": "LOGIN", "token": "rig"}))
        await socket.recv()
        data = [{"item": items.split(","), "type": ["0B"]}]
        await socket.send(json.dumps({"trnm": "REG", "grp_no": "1", "refresh": "1", "data": data}))
        await socket.recv()
        try:
            while True:
                take(await socket.recv())
        except websockets.ConnectionClosed:
            pass
    if session is not None:
        await asyncio.gather(*replies, return_exceptions=True)
        await session.close()
        if failures:
            raise failures[0]
    words[3], words[4] = processor()
    with open(marks, "wb") as file:
        words.tofile(file)


asyncio.run(main())
