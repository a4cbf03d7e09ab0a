"""The client that the field starts from: asyncio, websockets, json.

Arguments: port, certificate, file for the marks, frames, core, FID 13 of frame number 0, an order on
every so many trades, the instruments with commas between. The file has the form of `marks.rs`.
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
frames, core, base, every = int(frames), int(core), int(base), int(every)
HEAD = 5
words = array.array("Q", bytes(8 * (HEAD + frames)))
orders = []


def processor():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int(usage.ru_utime * 1e9), int(usage.ru_stime * 1e9)


def number(text):
    return int(text) if text.strip() else 0


def decide(trade):
    if trade["cumulative_volume"] % every == 0:
        orders.append((trade["item"], trade["price"], 1))
        del orders[:-256]


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
    words[3], words[4] = processor()
    with open(marks, "wb") as file:
        words.tofile(file)


asyncio.run(main())
