import { Eraser, Image, type LucideIcon, MessageSquare, Play, RefreshCw, Sparkles, Star, Tag, Terminal } from "lucide-react";
import { Foreign } from "~/format/text";
import { formatClock, formatMoment } from "~/format/time";
import { Picture } from "./picture";
import type { PersonEvent } from "./queries";
import { ShopRow } from "./shop_row";

/** One event of a chat: a bubble right or left, images, or a badge between them. */
export function ChatRow({ event, zone }: { event: PersonEvent; zone: string }) {
  if (event.stream !== "bot") {
    return (
      <li className="w-full">
        <ShopRow event={event} session={null} zone={zone} />
      </li>
    );
  }
  if (event.type === "user_message" || event.type === "ai_message") return <Bubble event={event} zone={zone} />;
  if (event.type === "image_generated") return <Drawn event={event} zone={zone} />;
  return <Command event={event} zone={zone} />;
}

function At({ event, zone }: { event: PersonEvent; zone: string }) {
  return (
    <time dateTime={event.occurred_at} title={`${formatMoment(event.occurred_at, zone)} ${zone}\n${event.occurred_at}`} className="shrink-0 text-sm text-ink3">
      {formatClock(event.occurred_at, zone)}
    </time>
  );
}

function Bubble({ event, zone }: { event: PersonEvent; zone: string }) {
  const isUser = event.type === "user_message";
  const look = isUser ? "order-2 rounded-br-badge bg-bubble-user text-[#ffffff]" : "rounded-bl-badge bg-bubble-ai text-ink";
  return (
    <li className={`flex items-end gap-2 ${isUser ? "justify-end" : "justify-start"}`}>
      <div dir="auto" className={`max-w-[min(34rem,78%)] min-w-0 rounded-bubble px-3.5 py-2 text-md ${look}`}>
        <span className="sr-only">{isUser ? "User: " : "AI: "}</span>
        {event.text ? (
          <Foreign cut={false}>{event.text}</Foreign>
        ) : (
          <span className="italic">{event.image_url || event.is_image_inline ? "an image" : "without text"}</span>
        )}
      </div>
      <At event={event} zone={zone} />
    </li>
  );
}

function Drawn({ event, zone }: { event: PersonEvent; zone: string }) {
  return (
    <li className="flex flex-wrap items-end gap-2">
      <figure className="min-w-0">
        <Picture event={event} label="Generated image" />
        {event.persona !== null && (
          <figcaption className="mt-1 max-w-[7.5rem] text-xs text-ink3">
            <Foreign>{event.persona}</Foreign>
          </figcaption>
        )}
      </figure>
      <At event={event} zone={zone} />
    </li>
  );
}

const COMMANDS: Record<string, { icon: LucideIcon; name: string }> = {
  start_command: { icon: Terminal, name: "/start" },
  persona_selected: { icon: Sparkles, name: "Persona" },
  story_selected: { icon: MessageSquare, name: "Story" },
  chat_cleared: { icon: Eraser, name: "Chat cleared" },
  chat_continued: { icon: Play, name: "Chat continued" },
  premium_action: { icon: Star, name: "Premium action" },
  image_refresh: { icon: RefreshCw, name: "Image redone" },
  image_generated: { icon: Image, name: "Image generated" },
};

function textIn(event: PersonEvent, ...names: string[]): string | null {
  const metadata = (event.metadata ?? {}) as Record<string, unknown>;
  for (const name of names) {
    const value = metadata[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

function detailOf(event: PersonEvent): string | null {
  if (event.type === "start_command") {
    const from = textIn(event, "campaign_id", "start_param");
    return from === null ? null : `from ${from}`;
  }
  if (event.type === "persona_selected") return event.persona;
  if (event.type === "story_selected") return event.title;
  if (event.type === "premium_action") return textIn(event, "action", "name");
  return null;
}

function Command({ event, zone }: { event: PersonEvent; zone: string }) {
  const { icon: Icon, name } = COMMANDS[event.type] ?? { icon: Tag, name: event.name ?? "An event without a name" };
  const detail = detailOf(event);
  return (
    <li className="flex justify-center">
      <span className="inline-flex max-w-full items-center gap-1.5 rounded-full border border-line2 px-3 py-1 text-base">
        <Icon aria-hidden="true" size={13} className="shrink-0 text-ink3" />
        <Foreign className="font-medium">{name}</Foreign>
        {detail !== null && <Foreign className="min-w-0 text-ink2">{detail}</Foreign>}
        <At event={event} zone={zone} />
      </span>
    </li>
  );
}
