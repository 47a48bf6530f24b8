import { Popover as Primitive } from "radix-ui";
import type { ReactElement, ReactNode } from "react";

interface PopoverProps {
  trigger: ReactElement;
  label: string;
  children: ReactNode;
  align?: "start" | "center" | "end";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  width?: string;
}

/** Floats over the page. Escape closes it, and the focus returns to the trigger. */
export function Popover({ trigger, label, children, align = "start", open, onOpenChange, width = "w-80" }: PopoverProps) {
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          aria-label={label}
          align={align}
          sideOffset={6}
          collisionPadding={12}
          className={`z-40 max-h-[min(34rem,var(--radix-popover-content-available-height))] max-w-[calc(100vw-24px)] overflow-auto rounded-panel bg-raised p-4 shadow-float ${width}`}
        >
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
