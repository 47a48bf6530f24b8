"""A bot of aiogram with Storepulse's middleware, against a stand-in of Telegram's API."""

import asyncio
import sys

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import CallbackQuery, Message

from storepulse.client import Storepulse
from storepulse.client.aiogram import StorepulseMiddleware


async def main(telegram: str, gateway: str, key: str, store_id: str) -> None:
    storepulse = Storepulse(gateway, key, store_id=store_id or None)
    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram))
    bot = Bot("42:TEST", session=session)
    dispatcher = Dispatcher()
    buttons = {"persona:": "persona_selected", "clear": "chat_cleared"}
    dispatcher.update.outer_middleware(StorepulseMiddleware(storepulse, buttons=buttons))

    @dispatcher.message(CommandStart())
    async def start(message: Message) -> None:
        await message.answer("Welcome")
        storepulse.ai_message(message.chat.id, "Welcome")

    @dispatcher.message(F.text == "fail")
    async def fail(message: Message) -> None:
        raise RuntimeError("the shop's own fault")

    @dispatcher.callback_query(F.data == "clear")
    async def clear(press: CallbackQuery) -> None:
        await press.answer()

    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    # The test says when it has seen enough.
    await asyncio.to_thread(sys.stdin.read)
    await dispatcher.stop_polling()
    await polling


asyncio.run(main(*sys.argv[1:]))
