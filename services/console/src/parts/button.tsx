import { type ComponentProps, type ReactNode, useId } from "react";

export type ButtonLook = "primary" | "default" | "ghost" | "danger" | "danger-solid";

const LOOKS: Record<ButtonLook, string> = {
  primary: "bg-primary text-on-primary border-transparent hover:opacity-90",
  default: "bg-surface text-ink border-line2 hover:bg-hover",
  ghost: "bg-transparent text-ink2 border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-surface text-bad border-line2 hover:bg-bad-soft",
  "danger-solid": "bg-bad text-surface border-transparent hover:opacity-90",
};

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled"> {
  look?: ButtonLook;
  size?: "normal" | "small";
  icon?: ReactNode;
  /** Why the button is disabled. It stays focusable, and shows this reason. */
  blocked?: string | null;
  busy?: boolean;
}

/** A button labelled with a verb and its object. A label that ends in "…" opens a confirmation. */
export function Button({ look = "default", size = "normal", icon, blocked, busy, children, className = "", onClick, ...rest }: ButtonProps) {
  const reason = useId();
  const isOff = Boolean(blocked) || busy;
  const height = size === "small" ? "h-7 px-2 pointer-coarse:h-9" : "h-8 px-3 pointer-coarse:h-11";
  return (
    <>
      <button
        type="button"
        {...rest}
        aria-disabled={isOff || undefined}
        aria-busy={busy || undefined}
        aria-describedby={blocked ? reason : rest["aria-describedby"]}
        title={blocked ?? rest.title}
        onClick={(event) => (isOff ? event.preventDefault() : onClick?.(event))}
        className={`inline-flex shrink-0 items-center justify-center gap-2 rounded-control border text-base font-medium whitespace-nowrap transition-colors duration-120 aria-disabled:cursor-not-allowed aria-disabled:bg-sunken aria-disabled:text-ink3 ${height} ${LOOKS[look]} ${className}`}
      >
        {icon}
        {children}
      </button>
      {blocked && (
        <span id={reason} className="sr-only">
          {blocked}
        </span>
      )}
    </>
  );
}

interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
  name: string;
  icon: ReactNode;
}

/** An icon without text, with its name for screen readers and as a tooltip. */
export function IconButton({ name, icon, className = "", ...rest }: IconButtonProps) {
  return (
    <Button look="ghost" {...rest} aria-label={name} title={name} className={`w-8 !px-0 pointer-coarse:w-11 ${className}`}>
      {icon}
    </Button>
  );
}
