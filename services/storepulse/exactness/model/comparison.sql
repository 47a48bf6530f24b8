-- The content of PostgreSQL for comparison.py, which has the number of key columns of each table. Rows with
-- only zeros are left out: a late event may leave one where a session moved.

-- name: ledger_counts
SELECT stream, store_id::text, sum(applied)::bigint
FROM ledger_counts
GROUP BY 1, 2 HAVING sum(applied) > 0;

-- name: customer_activity
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, activity_type,
       page_url, referrer, product_id, product_name, search_query, quantity, value, currency,
       order_id, name, items, view_id, customer_id, is_bot
FROM customer_activity;

-- name: activity_hourly
SELECT store_id::text, hour, activity_type, is_bot, events, quantity
FROM activity_hourly;

-- name: activity_revenue_hourly
SELECT store_id::text, day, hour, currency, is_bot, purchases, revenue
FROM activity_revenue_hourly;

-- name: activity_products_daily
SELECT store_id::text, day, product_id, is_bot, product_name, views, adds, removes
FROM activity_products_daily;

-- name: activity_searches_daily
SELECT store_id::text, day, term, is_bot, searches
FROM activity_searches_daily;

-- name: sessions
SELECT store_id::text, session_id, started_at, ended_at, day, visitor_id, steps, pages, events,
       is_bot, entry_page, exit_page, source, utm_source, utm_medium, utm_campaign, utm_term,
       utm_content, country
FROM sessions;

-- name: sessions_daily
SELECT store_id::text, day, is_bot, source, medium, campaign, country, sessions, events, pages,
       bounces, purchases, duration_ms
FROM sessions_daily WHERE (sessions, events, pages, bounces, purchases, duration_ms)
                          <> (0, 0, 0, 0, 0, 0);

-- name: funnel_daily
SELECT store_id::text, day, step, is_bot, sessions
FROM funnel_daily WHERE sessions <> 0;

-- name: pages_daily
SELECT store_id::text, day, page, is_bot, views, entries, exits
FROM pages_daily WHERE (views, entries, exits) <> (0, 0, 0);

-- name: visitors_daily
SELECT store_id::text, day, visitor
FROM visitors_daily;

-- name: visitors_hourly
SELECT store_id::text, day, hour, visitor
FROM visitors_hourly;

-- name: custom_events_daily
SELECT store_id::text, day, stream, name, is_bot, events
FROM custom_events_daily;

-- name: web_vitals_daily
SELECT store_id::text, day, page, metric, is_bot, bucket, samples, total
FROM web_vitals_daily;

-- name: web_vitals_of_stores
SELECT store_id::text, day, metric, is_bot, bucket, samples, total
FROM web_vitals_of_stores;

-- name: pixel_calls
SELECT store_id::text, purchase, pixel, day, is_bot
FROM pixel_calls;

-- name: session_carts
SELECT store_id::text, session_id, step_word, step_received_at, added_at, checkout_at, purchased_at,
       visitor_id, customer_id, email_hash, country
FROM session_carts;

-- name: heatmap_cells
SELECT store_id::text, page, hour, device::text, kind::text, col, "row", is_bot, events,
       dwell_ms
FROM heatmap_cells JOIN pages USING (page_id);

-- name: heatmap_scroll
SELECT store_id::text, page, hour, device::text, reach, is_bot, events, views
FROM heatmap_scroll JOIN pages USING (page_id)
WHERE (events, views) <> (0, 0);

-- name: heatmap_pages_daily
SELECT store_id::text, page, day, is_bot, pointer_events, scroll_events
FROM heatmap_pages_daily JOIN pages USING (page_id);

-- name: heatmap_elements
SELECT store_id::text, page, hour, device::text, selector, is_bot, clicks, rage_clicks,
       dead_clicks, hovers, dwell_ms
FROM heatmap_elements JOIN pages USING (page_id);

-- name: cart_tracking_events
SELECT store_id::text, event_id::text, store_name, session_id, occurred_at, product_id,
       product_title, generated_image_url, person_image_url, clothing_image_url, is_bot
FROM cart_tracking_events;

-- name: cart_hourly
SELECT store_id::text, hour, day, store_name, is_bot, carts, generated_images, person_images,
       clothing_images
FROM cart_hourly;

-- name: cart_products_daily
SELECT store_id::text, day, product_id, store_name, is_bot, product_title, carts,
       generated_images
FROM cart_products_daily;

-- name: cart_products_weekly
SELECT store_id::text, week, product_id, store_name, is_bot, carts, generated_images
FROM cart_products_weekly;

-- name: landing_events
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, event_type,
       landing_page_id, campaign_id, value, currency, is_bot
FROM landing_events;

-- name: landing_hourly
SELECT store_id::text, landing_page_id, campaign_id, hour, day, is_bot, views, clicks, purchases,
       told_orders, others, sessions
FROM landing_hourly;

-- name: landing_revenue_hourly
SELECT store_id::text, landing_page_id, campaign_id, hour, day, currency, is_bot, purchases, revenue
FROM landing_revenue_hourly;

-- name: landing_sessions
SELECT store_id::text, landing_page_id, campaign_id, hour, day, session_id, is_bot
FROM landing_sessions;

-- name: pulse_events
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, event_type, event_name,
       campaign_id, tracking_id, start_param, telegram_id, value, currency, order_id, customer_id,
       email_hash, is_bot
FROM pulse_events;

-- name: campaign_hourly
SELECT store_id::text, campaign_id, hour, day, is_bot, opens, purchases, told_orders, others
FROM campaign_hourly;

-- name: campaign_revenue_hourly
SELECT store_id::text, campaign_id, hour, day, currency, is_bot, purchases, revenue
FROM campaign_revenue_hourly;

-- name: campaign_people
SELECT store_id::text, campaign_id, hour, day, tracking_id, is_bot
FROM campaign_people;

-- name: orders
SELECT store_id::text, order_id, counted_at, day, landing_page_id, campaign_id, status::text,
       amount, currency, refunded, items, items_currency, session_id, visitor_id, customer_id,
       email_hash, is_bot, order_name, channel, told_at, seen_at
FROM orders;

-- name: order_events
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, event_type, order_id,
       order_name, ordered_at, value, currency, refunded, refund_id, refund_value, customer_id,
       is_bot
FROM order_events;

-- name: order_hourly
SELECT store_id::text, hour, event_type, is_bot, events
FROM order_hourly;

-- name: order_lines
SELECT store_id::text, order_id, product_id, day, currency, is_bot, name, units, revenue
FROM order_lines;

-- name: product_sales_daily
SELECT store_id::text, day, product_id, currency, is_bot, name, purchases, units, revenue
FROM product_sales_daily;

-- name: images
SELECT store_id::text, encode(image_hash, 'hex'), generated_at, day, product_id, is_bot, is_carted,
       is_carted_by_bot
FROM images;

-- name: tg_analytics_events
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, event_type, client_id,
       persona, story, text, image_url, is_image_inline, name, customer_id, email_hash, is_bot
FROM tg_analytics_events;

-- name: bot_hourly
SELECT store_id::text, day, hour, event_type, is_bot, events
FROM bot_hourly;

-- name: bot_users
SELECT store_id::text, client_id, first_seen, last_seen, events, messages, user_messages,
       ai_messages, images, premium_actions, persona, story
FROM bot_users;

-- name: bot_users_daily
SELECT store_id::text, day, client_id
FROM bot_users_daily;

-- name: bot_choices_daily
SELECT store_id::text, day, kind, name, events, selections
FROM bot_choices_daily;

-- name: usage_events
SELECT store_id::text, event_id::text, occurred_at, meter, quantity, period
FROM usage_events;

-- name: usage_hourly
SELECT store_id::text, meter, hour, day, count, sum, max, last, last_at, last_id::text
FROM usage_hourly;

-- name: usage_current
SELECT store_id::text, period, meter, count, sum, max, last, last_at, last_id::text
FROM usage_current;

-- name: experiment_events
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, event_type, test_id::text,
       phase, variant_id, metric, value, currency, order_id, is_bot
FROM experiment_events;

-- name: experiment_hourly
SELECT store_id::text, hour, event_type, is_bot, events
FROM experiment_hourly;

-- name: identities
SELECT store_id::text, kind::text, value, to_kind::text, to_value, first_seen, last_seen, first_name,
       last_name, campaign_id, tracking_id
FROM identities;

-- name: identity_links
SELECT store_id::text, kind::text, value, to_kind::text, to_value, told_at
FROM identity_links;

-- name: customers
SELECT store_id::text, kind::text, value
FROM customers;

-- name: customer_counts
SELECT store_id::text, sum(customers)::bigint
FROM customer_counts
GROUP BY 1;

-- name: customer_orders
-- Not a table: the export's figures from identities and orders, for all customers at once.
SELECT store_id::text, kind::text, value, currency, orders, spent
FROM (WITH RECURSIVE owners AS (
          (SELECT DISTINCT ON (t.store_id, t.order_id) t.store_id, t.order_id, i.to_kind AS kind,
                  i.to_value AS value
             FROM order_tellings AS t
             JOIN identities AS i
               ON i.store_id = t.store_id AND i.kind = 'order' AND i.value = t.number
            WHERE i.to_kind IS NOT NULL
            ORDER BY t.store_id, t.order_id, i.link_word DESC)
           UNION ALL
          SELECT o.store_id, o.order_id, i.to_kind, i.to_value
            FROM owners AS o JOIN identities AS i USING (store_id, kind, value)
           WHERE i.to_kind IS NOT NULL
      ), last AS (
          SELECT DISTINCT ON (store_id, order_id) * FROM owners
           ORDER BY store_id, order_id, kind DESC
      )
      SELECT store_id, kind, value, coalesce(currency, '') AS currency, count(*) AS orders,
             coalesce(sum(amount - refunded), 0) AS spent
        FROM last JOIN orders USING (store_id, order_id)
       WHERE kind > 'visitor' AND status IN ('paid', 'refunded') AND NOT is_bot
       GROUP BY 1, 2, 3, 4) AS bought;

-- name: people
-- Of owned identities, only a visitor's counts are its own.
SELECT store_id::text, kind::text, value, owner_kind::text, owner_value,
       CASE WHEN owner_kind IS NULL OR kind = 'visitor' THEN ARRAY[events, images] END,
       CASE WHEN owner_kind IS NULL OR kind = 'visitor' THEN country END,
       CASE WHEN owner_kind IS NULL THEN first_seen END, CASE WHEN owner_kind IS NULL THEN last_seen END,
       CASE WHEN owner_kind IS NULL THEN messages END, CASE WHEN owner_kind IS NULL THEN telegram END,
       CASE WHEN owner_kind IS NULL THEN visitor END, CASE WHEN owner_kind IS NULL THEN name END,
       CASE WHEN owner_kind IS NULL THEN orders END, CASE WHEN owner_kind IS NULL THEN currency END,
       CASE WHEN owner_kind IS NULL THEN spent END
FROM people;

-- name: ab_test_assignments
-- Figures of phases that began or ended a moment ago are not settled yet.
SELECT a.store_id::text, a.unit, a.test_id::text, a.phase, a.t0, a.variants, a.is_bot
FROM ab_test_assignments a JOIN ab_test_phases USING (store_id, test_id, phase)
WHERE settled_at IS NOT NULL;

-- name: ab_rollups
SELECT p.store_id::text, test_id::text, phase, variant_id, day, units
FROM ab_rollups JOIN ab_test_phases p USING (test_id, phase)
WHERE settled_at IS NOT NULL AND units <> 0;

-- name: ab_metric_rollups
SELECT p.store_id::text, test_id::text, phase, variant_id, day, metric, converters, events, units_with_x,
       sum_y, sum_yy, sum_x, sum_xx, sum_xy, c_sum_y, c_sum_yy, c_sum_x, c_sum_xx, c_sum_xy
FROM ab_metric_rollups JOIN ab_test_phases p USING (test_id, phase)
WHERE settled_at IS NOT NULL AND (events, units_with_x) <> (0, 0);

-- name: ab_ratio_rollups
SELECT p.store_id::text, test_id::text, phase, variant_id, day, metric, sum_nd, c_sum_nd
FROM ab_ratio_rollups JOIN ab_test_phases p USING (test_id, phase)
WHERE settled_at IS NOT NULL AND (sum_nd, coalesce(c_sum_nd, 0)) <> (0, 0);

-- name: ab_phase_counts
SELECT p.store_id::text, test_id::text, phase, multi_units, bot_units, other_currency_events, variant_mismatches
FROM ab_phase_counts JOIN ab_test_phases p USING (test_id, phase)
WHERE settled_at IS NOT NULL
  AND (multi_units, bot_units, other_currency_events, variant_mismatches) <> (0, 0, 0, 0);
