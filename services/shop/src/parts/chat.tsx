import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { type Reply, said } from "../backend";
import { pictureOf, productOf } from "../catalogue";

const HELLO: Reply = {
  from: "bot",
  text: "Hello, I am Loom. Ask me for a coat, a size, or when a parcel comes.",
  buttons: ["Something warm", "Which size?", "Where is my parcel?"],
};

/** The chat plays the shop's Telegram bot: what is said here ends in the bot's timeline. */
export function Chat({ start, onClose }: { start?: string | undefined; onClose(): void }) {
  const [replies, setReplies] = useState<readonly Reply[]>([HELLO]);
  const [text, setText] = useState("");
  const [waits, setWaits] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [replies]);
  useEffect(() => {
    input.current?.focus();
  }, []);
  // Whoever comes by a campaign's link has pressed "Start" in it.
  const began = useRef(false);
  useEffect(() => {
    if (start === undefined || began.current) return;
    began.current = true;
    void said("/start", start).then((answer) => setReplies(answer.replies), () => undefined);
  }, [start]);

  const say = async (words: string): Promise<void> => {
    if (words.trim() === "" || waits) return;
    setText("");
    setWaits(true);
    setReplies((before) => [...before, { from: "visitor", text: words }]);
    try {
      const answer = await said(words);
      setReplies((before) => [...before, ...answer.replies]);
    } catch {
      setReplies((before) => [...before, { from: "bot", text: "I lost the line. Say it again?" }]);
    }
    setWaits(false);
  };

  const last = replies.at(-1);
  return (
    <section
      className="chat"
      aria-label="Chat with the shop"
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <header>
        <h2>Loom, our bot</h2>
        <button type="button" className="icon-button" aria-label="Close the chat" onClick={onClose}>
          ×
        </button>
      </header>
      <div className="bubbles" role="log">
        {replies.map((reply, at) => (
          <Bubble reply={reply} key={at} />
        ))}
        {waits && <p className="bubble bot waits">…</p>}
        <div ref={end} />
      </div>
      {last?.buttons && !waits && (
        <div className="choices">
          {last.buttons.map((button) => (
            <button type="button" key={button} onClick={() => void say(button)}>
              {button}
            </button>
          ))}
        </div>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void say(text);
        }}
      >
        <input
          ref={input}
          aria-label="Your message"
          placeholder="Write a message"
          maxLength={500}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button" disabled={text.trim() === ""}>
          Send
        </button>
      </form>
    </section>
  );
}

function Bubble({ reply }: { reply: Reply }) {
  const product = reply.product === undefined ? undefined : productOf(reply.product);
  return (
    <div className={`bubble ${reply.from}`}>
      {reply.text}
      {product && (
        <Link href={`/p/${product.id}`} className="bubble-product">
          <img src={pictureOf(product)} alt="" width={56} height={70} />
          <span>{product.name}</span>
        </Link>
      )}
    </div>
  );
}
