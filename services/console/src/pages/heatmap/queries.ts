import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components } from "~/api/schema";

export type HeatmapAnswer = components["schemas"]["HeatmapAnswer"];
export type Heatmap = components["schemas"]["Heatmap"];
export type Cell = components["schemas"]["Cell"];
export type Clicked = components["schemas"]["Element"];
export type Reach = components["schemas"]["Reach"];
export type PageEvents = components["schemas"]["PageEvents"];

export const KINDS = ["click", "hover", "scroll"] as const;
export type Kind = (typeof KINDS)[number];
export const DEVICES = ["desktop", "tablet", "mobile", "all"] as const;
export type Device = (typeof DEVICES)[number];

/** Maximum of entries in one answer of the API. */
export const MOST = 500;

interface Period {
  from: string;
  to: string;
}

export function pagesQuery(store: string, period: Period) {
  return queryOptions({
    queryKey: ["heatmap-pages", store, period],
    queryFn: async ({ signal }) =>
      dataOf(await client.GET("/api/heatmap/{store_id}/pages", { params: { path: { store_id: store }, query: { ...period, limit: MOST } }, signal })),
  });
}

export interface HeatmapAsked extends Period {
  page: string;
  /** The kind of its cells; scroll has none. */
  kind: Kind;
  device?: "desktop" | "tablet" | "mobile";
  limit: number;
}

export function heatmapQuery(store: string, query: HeatmapAsked | null) {
  return queryOptions({
    queryKey: ["heatmap", store, query],
    enabled: query !== null,
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/heatmap/{store_id}", { params: { path: { store_id: store }, query: query! }, signal })),
  });
}

/** A link that opens a page of the shop with its heatmap over it. */
export function useLiveLink(store: string) {
  return useMutation({
    mutationFn: async (url: string) => dataOf(await client.POST("/api/heatmap/{store_id}/overlay", { params: { path: { store_id: store } }, body: { url, expires_in: 3600 } })),
  });
}

export type Picture = components["schemas"]["PictureShown"];

export function picturesQuery(store: string, page: string | null) {
  return queryOptions({
    queryKey: ["heatmap-pictures", store, page],
    enabled: page !== null,
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/heatmap/{store_id}/pictures", { params: { path: { store_id: store }, query: { page: page! } }, signal })).data,
  });
}

/** The URL of a picture's file; a new picture has a new URL. */
export function fileOf(store: string, picture: Picture): string {
  return `/api/heatmap/${encodeURIComponent(store)}/pictures/${picture.picture_id}`;
}

interface NewPicture {
  page: string;
  device: Picture["device"];
  width: number;
  picture: string;
}

/** Replaces the picture of a page. */
export function usePutPicture(store: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (body: NewPicture) => dataOf(await client.PUT("/api/heatmap/{store_id}/pictures", { params: { path: { store_id: store } }, body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["heatmap-pictures", store] }),
  });
}

export function useRemovePicture(store: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => dataOf(await client.DELETE("/api/heatmap/{store_id}/pictures/{picture_id}", { params: { path: { store_id: store, picture_id: id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ["heatmap-pictures", store] }),
  });
}
