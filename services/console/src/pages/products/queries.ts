import { queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "~/api/client";
import type { components, operations } from "~/api/schema";

export type Product = components["schemas"]["Product"];
export type Products = components["schemas"]["Products"];
export type ProductsQuery = NonNullable<operations["list_products"]["parameters"]["query"]>;

export function productsQuery(query: ProductsQuery) {
  return queryOptions({
    queryKey: ["products", query],
    queryFn: async ({ signal }) => dataOf(await client.GET("/api/analytics/products", { params: { query }, signal })),
  });
}
