/** Every page of the console: its path, name, group, icon, key, and the file that draws it. */

import {
  FileText,
  FlaskConical,
  Funnel,
  Gauge,
  Globe,
  Inbox,
  LayoutDashboard,
  type LucideIcon,
  Megaphone,
  MousePointerClick,
  Package,
  Radio,
  Search,
  Send,
  Settings,
  ShoppingCart,
  Users,
} from "lucide-react";
import type { ComponentType } from "react";

export interface PageEntry {
  /** Relative to /analytics. */
  path: string;
  name: string;
  group: "" | "Shop" | "Growth" | "Pipeline" | "Account";
  icon: LucideIcon;
  /** The key pressed after G. */
  key: string;
  load: () => Promise<{ default: ComponentType }>;
  /** Pages below it, such as one user's. */
  details?: readonly { path: string; load: () => Promise<{ default: ComponentType }> }[];
}

/** To add a page, add an entry here and a folder in pages/. */
export const PAGES: readonly PageEntry[] = [
  { path: "/overview", name: "Overview", group: "", icon: LayoutDashboard, key: "o", load: () => import("~/pages/overview") },
  {
    path: "/live",
    name: "Live",
    group: "",
    icon: Radio,
    key: "l",
    load: () => import("~/pages/live"),
    details: [{ path: "/live/$event", load: () => import("~/pages/live/event") }],
  },
  {
    path: "/users",
    name: "Users",
    group: "Shop",
    icon: Users,
    key: "u",
    load: () => import("~/pages/users"),
    details: [{ path: "/users/$person", load: () => import("~/pages/timeline") }],
  },
  { path: "/carts", name: "Carts", group: "Shop", icon: ShoppingCart, key: "c", load: () => import("~/pages/carts") },
  { path: "/funnel", name: "Funnel", group: "Shop", icon: Funnel, key: "f", load: () => import("~/pages/funnel") },
  { path: "/products", name: "Products", group: "Shop", icon: Package, key: "p", load: () => import("~/pages/products") },
  { path: "/searches", name: "Searches", group: "Shop", icon: Search, key: "s", load: () => import("~/pages/searches") },
  { path: "/sources", name: "Sources and pages", group: "Shop", icon: Globe, key: "r", load: () => import("~/pages/sources") },
  { path: "/heatmap", name: "Heatmap", group: "Shop", icon: MousePointerClick, key: "h", load: () => import("~/pages/heatmap") },
  {
    path: "/experiments",
    name: "Experiments",
    group: "Growth",
    icon: FlaskConical,
    key: "e",
    load: () => import("~/pages/experiments"),
    details: [
      { path: "/experiments/new", load: () => import("~/pages/experiments/new") },
      { path: "/experiments/$test", load: () => import("~/pages/experiments/results") },
      { path: "/experiments/$test/edit", load: () => import("~/pages/experiments/edit") },
    ],
  },
  { path: "/landing-pages", name: "Landing pages", group: "Growth", icon: FileText, key: "n", load: () => import("~/pages/landing_pages") },
  { path: "/campaigns", name: "Campaigns", group: "Growth", icon: Megaphone, key: "a", load: () => import("~/pages/campaigns") },
  {
    path: "/delivery",
    name: "Delivery",
    group: "Pipeline",
    icon: Send,
    key: "d",
    load: () => import("~/pages/delivery"),
    details: [{ path: "/delivery/$destination", load: () => import("~/pages/delivery/destination") }],
  },
  {
    path: "/dead-letters",
    name: "Dead letters",
    group: "Pipeline",
    icon: Inbox,
    key: "x",
    load: () => import("~/pages/dead_letters"),
    details: [{ path: "/dead-letters/$letter", load: () => import("~/pages/dead_letters/letter_page") }],
  },
  { path: "/usage", name: "Usage", group: "Account", icon: Gauge, key: "m", load: () => import("~/pages/usage") },
  { path: "/settings", name: "Settings", group: "Account", icon: Settings, key: "t", load: () => import("~/pages/settings") },
];

export function pageAt(path: string): PageEntry | undefined {
  return PAGES.find((page) => path === page.path || path.startsWith(`${page.path}/`));
}

/** The loader of a path's page: its own, or that of the page above it. */
export function pageLoadOf(path: string): PageEntry["load"] | undefined {
  const page = pageAt(path === "/" ? "/overview" : path);
  if (!page || page.path === path) return page?.load;
  const parts = path.split("/");
  const isOf = (pattern: string[]) => pattern.length === parts.length && pattern.every((part, place) => part.startsWith("$") || part === parts[place]);
  return page.details?.find((one) => isOf(one.path.split("/")))?.load ?? page.load;
}
