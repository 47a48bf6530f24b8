// Generated from the query service's OpenAPI document by `npm run schema`.

export interface paths {
    "/api/ab-testing/{store_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_experiments"];
        put?: never;
        post: operations["create_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_experiment_plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["show_experiment"];
        put: operations["change_experiment"];
        post?: never;
        delete: operations["remove_experiment"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/archive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["archive_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["complete_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["pause_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["preview_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_experiment_results"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/results/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_experiment_days"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["resume_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/ab-testing/{store_id}/test/{test_id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["start_experiment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/countries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_countries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/funnel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_funnel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_live_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/live/{live_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_live_event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/pages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_pages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/pixels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_pixel_coverage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_products"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/revenue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_revenue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/searches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_searches"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_sources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_bot_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_bot_users"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/users/{client_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_bot_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analytics/visitors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_visitors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/campaigns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_campaigns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/campaigns/{campaign_id}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_campaign_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/campaigns/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_campaign_stats_of_store"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cart-tracking/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_cart_analytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cart-tracking/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_cart_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/cart-tracking/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["export_cart_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/carts/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_session_carts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/custom-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_custom_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/custom-events/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_custom_event_days"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/custom-events/properties": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_custom_event_properties"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customer-activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_activity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_dead_letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/{dead_letter_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_dead_letter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["discard_dead_letters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_dead_letter_groups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/reopen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["reopen_dead_letters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["replay_dead_letters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/dead-letters/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_replay_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/delivery/destinations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_destination_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/delivery/destinations/{destination}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_destination_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/delivery/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/delivery/events/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_deliveries_of_event"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/delivery/events/{event_id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["resend_event"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/delivery/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_delivery_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/destinations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_destinations"];
        put?: never;
        post: operations["add_destination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/destinations/{destination}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["show_destination"];
        put?: never;
        post?: never;
        delete: operations["remove_destination"];
        options?: never;
        head?: never;
        patch: operations["change_destination"];
        trace?: never;
    };
    "/api/destinations/{destination}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["rotate_secret"];
        delete: operations["retire_secrets"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/destinations/{destination}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["try_destination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health/pipeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_pipeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/heatmap-overlay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["get_overlay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/heatmap/{store_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_heatmap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/heatmap/{store_id}/overlay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["create_overlay_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/heatmap/{store_id}/pages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_heatmap_pages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/heatmap/{store_id}/pictures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_heatmap_pictures"];
        put: operations["change_heatmap_picture"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/heatmap/{store_id}/pictures/{picture_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_heatmap_picture"];
        put?: never;
        post?: never;
        delete: operations["remove_heatmap_picture"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_keys"];
        put?: never;
        post: operations["create_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["show_key"];
        put?: never;
        post?: never;
        delete: operations["revoke_key"];
        options?: never;
        head?: never;
        patch: operations["change_key"];
        trace?: never;
    };
    "/api/keys/{key_id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["rotate_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/landing-pages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_landing_pages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/landing-pages/{landing_page_id}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_landing_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/landing-pages/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_landing_stats_of_store"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_meters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meters/{meter}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["change_meter"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_orders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orders/reconciliation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_reconciliation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/page-config/{page_type}/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["change_page_config"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/page-configs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_page_configs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_person"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_person_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["export_people"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["search_people"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_plans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/plans/{plan}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["show_plan"];
        put: operations["change_plan"];
        post?: never;
        delete: operations["remove_plan"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: operations["create_session"];
        delete: operations["end_own_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_stores"];
        put?: never;
        post: operations["create_store"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stores/{store_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["show_store"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch: operations["change_store"];
        trace?: never;
    };
    "/api/stores/{store_id}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["show_store_plan"];
        put: operations["change_store_plan"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stores/{store_id}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_store_secrets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stores/{store_id}/secrets/{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put: operations["add_store_secret"];
        post?: never;
        delete: operations["remove_store_secrets"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_streams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/streams/{stream}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_stream_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/{store_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/{store_id}/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_usage_days"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/{store_id}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["show_store_limits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/{store_id}/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_usage_statements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/usage/{store_id}/statements/{period}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_usage_statement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/web-vitals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_web_vitals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/web-vitals/pages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_web_vitals_pages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["list_customers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers/{customer}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_customer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/customers/meta": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: operations["get_customers_meta"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Activity: {
            /**
             * @example product_view
             * @enum {string}
             */
            activity_type: "page_view" | "product_view" | "add_to_cart" | "remove_from_cart" | "checkout_start" | "purchase" | "search" | "custom";
            consent_analytics: string;
            consent_marketing: string;
            correlation_id: string;
            country: string | null;
            /** @example EUR */
            currency: string | null;
            customer_id: string | null;
            /** Format: uuid */
            event_id: string;
            ip: string | null;
            is_bot: boolean;
            items: {
                [key: string]: unknown;
            }[] | null;
            metadata: {
                [key: string]: unknown;
            } | null;
            /** @example image_generated */
            name: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            occurred_at: string;
            /** @example 1001 */
            order_id: string | null;
            /** @example https://shop.example/products/mug */
            page_url: string | null;
            /** @example mug-1 */
            product_id: string | null;
            product_name: string | null;
            quantity: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            received_at: string;
            referrer: string | null;
            search_query: string | null;
            session_id: string;
            source: string;
            /** Format: uuid */
            store_id: string;
            user_agent: string | null;
            value: string | null;
            view_id: string | null;
            visitor_id: string | null;
        };
        ActivityPage: {
            data: components["schemas"]["Activity"][];
            next_cursor: string | null;
            searched_until: string | null;
            /** @constant */
            status: "success";
        };
        AssignedPlan: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            assigned_at: string;
            assigned_by: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            from_at: string;
            limits: {
                [key: string]: components["schemas"]["LimitShown"];
            };
            plan: string | null;
        };
        AssignedPlans: {
            data: components["schemas"]["AssignedPlan"][];
            /** @constant */
            status: "success";
        };
        AssignedVariant: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            test: string;
            /** Format: uuid */
            test_id: string;
            variants: string[];
        };
        Attempt: {
            attempt: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            attempted_at: string;
            /** Format: uuid */
            batch_id: string;
            error: string;
            outcome: string;
            seconds: number;
            status: number | null;
        };
        AuditPage: {
            data: components["schemas"]["AuditShown"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        AuditResult: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            balanced: boolean;
            differences: number;
            findings: string[];
            /** @enum {string} */
            part: "ledger" | "tables" | "recount";
        };
        AuditShown: {
            /** @example key.revoked */
            action: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            /** Format: uuid */
            audit_id: string;
            change: {
                [key: string]: unknown;
            };
            object: string;
            store_id: string | null;
            who: string;
        };
        BeliefShown: {
            beats_control: number;
            difference: components["schemas"]["IntervalShown"] | null;
            lift: components["schemas"]["IntervalShown"] | null;
            loss_if_chosen: number;
            loss_if_kept: number;
        };
        BotChoice: {
            events: number;
            /** @example Stylist */
            name: string;
            selections: number;
        };
        BotComparison: {
            from: string | null;
            to: string | null;
            totals: components["schemas"]["BotFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        BotFigures: {
            ai_messages: number;
            events: number;
            images: number;
            messages: number;
            new_users: number;
            premium_actions: number;
            user_messages: number;
            users: number;
        };
        BotStats: {
            by_time: components["schemas"]["BotStep"][];
            by_type: components["schemas"]["EventsOfType"][];
            personas: components["schemas"]["BotChoice"][];
            stories: components["schemas"]["BotChoice"][];
            totals: components["schemas"]["BotFigures"];
        };
        BotStatsAnswer: {
            comparison: components["schemas"]["BotComparison"] | null;
            data: components["schemas"]["BotStats"];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        BotStep: {
            ai_messages: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            complete: boolean;
            events: number;
            images: number;
            premium_actions: number;
            user_messages: number;
            users: number | null;
        };
        BotUser: {
            ai_messages: number;
            /** @example 8123456789 */
            client_id: string;
            events: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            first_seen: string;
            images: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            last_seen: string;
            messages: number;
            persona: string | null;
            premium_actions: number;
            story: string | null;
            user_messages: number;
        };
        BotUserPage: {
            data: components["schemas"]["BotUser"][];
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            /** @example 42 */
            total: number;
        };
        BoughtInSession: {
            currency: string;
            /** @example 19.9900 */
            value: string;
        };
        BreakerHealth: {
            failures: number | null;
            history: components["schemas"]["BreakerSpan"][];
            outcomes: number | null;
            probe_at: string | null;
            since: string | null;
            /** @enum {string} */
            state: "closed" | "open" | "probing";
        };
        BreakerSpan: {
            failures: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            from: string;
            outcomes: number | null;
            /** @enum {string} */
            state: "closed" | "open" | "probing";
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            to: string;
        };
        BucketRevenue: {
            currency: string;
            /** @example 19.9900 */
            revenue: string;
        };
        CampaignAnswer: {
            comparison: components["schemas"]["CampaignComparison"] | null;
            data: components["schemas"]["CampaignStats"];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        CampaignComparison: {
            conversion: number | null;
            from: string | null;
            opens: number;
            orders: number;
            others: number;
            people: number;
            revenue: components["schemas"]["CampaignRevenue"][];
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        CampaignDay: {
            complete: boolean;
            conversion: number | null;
            /** Format: date */
            day: string;
            opens: number;
            orders: number;
            others: number;
            people: number;
            revenue: components["schemas"]["CampaignRevenue"][];
        };
        CampaignRevenue: {
            currency: string;
            orders: number;
            /** @example 19.9900 */
            revenue: string;
        };
        CampaignsAnswer: {
            currency: string | null;
            data: components["schemas"]["ListedCampaign"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            /** @example Europe/Berlin */
            tz: string;
        };
        CampaignStats: {
            by_day: components["schemas"]["CampaignDay"][];
            campaign_id: string;
            conversion: number | null;
            opens: number;
            orders: number;
            others: number;
            people: number;
            revenue: components["schemas"]["CampaignRevenue"][];
        };
        CampaignStoreAnswer: {
            comparison: components["schemas"]["CampaignComparison"] | null;
            data: components["schemas"]["CampaignStoreStats"];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        CampaignStoreStats: {
            by_day: components["schemas"]["CampaignDay"][];
            conversion: number | null;
            opens: number;
            orders: number;
            others: number;
            people: number;
            revenue: components["schemas"]["CampaignRevenue"][];
        };
        CartAnalytics: {
            byProduct: components["schemas"]["OfProduct"][];
            byStore: components["schemas"]["OfStore"][];
            byTime: components["schemas"]["OfTime"][];
            images: components["schemas"]["GeneratedImages"];
            journey: components["schemas"]["Step"][] | null;
            otherProducts: components["schemas"]["Figures"];
            otherStores: components["schemas"]["Figures"];
            totals: components["schemas"]["Totals"];
        };
        CartAnalyticsAnswer: {
            comparison: components["schemas"]["CartComparison"] | null;
            data: components["schemas"]["CartAnalytics"];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        CartComparison: {
            carts: number;
            clothingImages: number;
            from: string | null;
            generatedImages: number;
            images: components["schemas"]["ImageFigures"];
            personImages: number;
            sessions?: number | null;
            shareFromImage?: number | null;
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        CartEvent: {
            clothingImageUrl: string | null;
            correlationId: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            createdAt: string;
            customerEmail: string | null;
            customerFirstName: string | null;
            customerLastName: string | null;
            /** Format: uuid */
            eventId: string;
            generatedImageUrl: string | null;
            /** @example cart-event-1704067200000-a3f9k2m */
            id: string;
            ipAddress: string | null;
            isBot: boolean;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            occurredAt: string;
            personImageUrl: string | null;
            productId: string | null;
            productTitle: string | null;
            productUrl: string | null;
            sessionId: string | null;
            /** Format: uuid */
            storeId: string;
            /** @example shop.myshopify.com */
            storeName: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updatedAt: string;
            userAgent: string | null;
            variantId: string | null;
            visitorId: string | null;
        };
        CartPage: {
            data: components["schemas"]["CartEvent"][];
            more: boolean;
            nextCursor: string | null;
            /** @constant */
            status: "success";
            /** @example 42 */
            total: number;
        };
        Cell: {
            col: number;
            dwell_ms: number;
            events: number;
            /** @example click */
            kind: string;
            row: number;
        };
        Changes: {
            batch_events?: number;
            batch_seconds?: number;
            /**
             * @example {
             *       "url": "https://…"
             *     }
             */
            config?: {
                [key: string]: unknown;
            };
            consent?: string[];
            include_bots?: boolean;
            max_in_flight?: number;
            /** @example shop-crm */
            name?: string;
            ordered?: boolean;
            rate_per_second?: number | null;
            retry_seconds?: number[];
            /** @enum {string} */
            status?: "active" | "paused" | "disabled";
            store_id?: string | null;
            streams?: string[];
            timeout_seconds?: number;
            types?: string[];
        };
        ChatEvent: {
            archived_url: string | null;
            client_id: string;
            correlation_id: string;
            customer_id: string | null;
            /** Format: uuid */
            event_id: string;
            /** @enum {string} */
            event_type: "start_command" | "user_message" | "ai_message" | "image_generated" | "image_refresh" | "persona_selected" | "story_selected" | "chat_cleared" | "chat_continued" | "premium_action" | "custom";
            image_url: string | null;
            is_bot: boolean;
            is_image_inline: boolean;
            metadata: {
                [key: string]: unknown;
            } | null;
            name: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            occurred_at: string;
            persona: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            received_at: string;
            session_id: string;
            source: string;
            story: string | null;
            text: string | null;
            visitor_id: string | null;
        };
        ChatEventPage: {
            data: components["schemas"]["ChatEvent"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
            user: components["schemas"]["BotUser"] | null;
        };
        CheckAnswer: {
            detail: string;
            ok: boolean;
            remedy?: string | null;
            runbook?: string | null;
        };
        Collected: {
            p95_ms: number | null;
            per_second: number | null;
            rates: components["schemas"]["RateOfTime"][];
            refused: number | null;
            week_ago: number | null;
        };
        ComparedBucket: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            beside: string;
            bought_sessions: number;
            carts: number;
            complete: boolean;
            conversion: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ends: string;
            orders: number;
            passed: number;
            revenue: components["schemas"]["BucketRevenue"][];
            sessions: number;
            viewed_sessions: number;
            visitors: number;
        };
        ComparedOverview: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ends: string;
            from: string | null;
            series: components["schemas"]["ComparedBucket"][];
            to: string | null;
            totals: components["schemas"]["OverviewFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        ComparedShown: {
            always_valid: components["schemas"]["JudgedShown"];
            bayes: components["schemas"]["BeliefShown"] | null;
            cuped: components["schemas"]["CupedShown"] | null;
            fixed: components["schemas"]["JudgedShown"];
        };
        ComparisonShown: {
            difference: number | null;
            interval: components["schemas"]["IntervalShown"] | null;
            lift: components["schemas"]["LiftShown"];
            p_value: number | null;
            reason: ("no_units" | "too_few_units" | "zero_variance" | "control_zero" | "control_mean_not_positive" | "control_near_zero" | "zero_denominator" | "no_pre_period" | "expected_below_5") | null;
            statistic: number | null;
        };
        Compatibility: {
            is_compatible: boolean;
            messages?: string[] | null;
        };
        CompatibilityLevel: {
            compatibilityLevel: string;
        };
        Countries: {
            data: components["schemas"]["Country"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            totals: components["schemas"]["SessionFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        Country: {
            bounce_rate: number | null;
            bounces: number;
            conversion: number | null;
            /** @example DE */
            country: string | null;
            pages_per_session: number | null;
            purchases: number;
            sessions: number;
        };
        CountsShown: {
            bot_units: number;
            multi_units: number;
            other_currency_events: number;
            variant_mismatches: number;
        };
        CupedShown: {
            always_valid: components["schemas"]["JudgedShown"] | null;
            fixed: components["schemas"]["JudgedShown"] | null;
            reason: ("no_units" | "too_few_units" | "zero_variance" | "control_zero" | "control_mean_not_positive" | "control_near_zero" | "zero_denominator" | "no_pre_period" | "expected_below_5") | null;
            theta: number | null;
            variance_reduction: number | null;
        };
        CurrencyRevenue: {
            /** @example 19.9900 */
            average: string;
            currency: string;
            /** @example 19.9900 */
            revenue: string;
            sales: number;
        };
        Customer: {
            campaign_id: string | null;
            currency: string | null;
            /** @example 7012345678901 */
            customer_id: number | string;
            email: string | null;
            email_hash: string | null;
            first_name: string | null;
            first_seen: string | null;
            /** Format: uuid */
            id: string;
            last_name: string | null;
            last_seen: string | null;
            merged_into: string | null;
            orders_count: number;
            spent: components["schemas"]["Spent"][];
            /** @example 123456789 */
            telegram_id: string | null;
            /** @example 19.9900 */
            total_spent: string;
            tracking_id: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
        };
        CustomerAnswer: {
            data: components["schemas"]["CustomerDetails"];
            /** @constant */
            status: "success";
        };
        CustomerDetails: {
            campaign_id: string | null;
            conflicts: components["schemas"]["OverruledLink"][];
            currency: string | null;
            /** @example 7012345678901 */
            customer_id: number | string;
            email: string | null;
            email_hash: string | null;
            first_name: string | null;
            first_seen: string | null;
            /** Format: uuid */
            id: string;
            identities: components["schemas"]["CustomerIdentity"][];
            last_name: string | null;
            last_seen: string | null;
            merged_into: string | null;
            orders_count: number;
            spent: components["schemas"]["Spent"][];
            /** @example 123456789 */
            telegram_id: string | null;
            /** @example 19.9900 */
            total_spent: string;
            tracking_id: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
        };
        CustomerIdentity: {
            /** @example visitor */
            kind: string;
            to_kind: string | null;
            to_value: string | null;
            value: string;
        };
        CustomerPage: {
            data: components["schemas"]["Customer"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        CustomersMeta: {
            last_updated_at: string | null;
            more: boolean;
            pages: number;
            /** @constant */
            status: "success";
            total: number;
        };
        CustomEventDays: {
            comparison: components["schemas"]["EventsOfPeriod"] | null;
            from: string | null;
            name: string;
            series: components["schemas"]["EventDay"][];
            /** @constant */
            status: "success";
            to: string | null;
            totals: components["schemas"]["EventTotals"];
            /** @example Europe/Berlin */
            tz: string;
        };
        CustomEvents: {
            comparison: components["schemas"]["EventsOfPeriod"] | null;
            data: components["schemas"]["NamedEvents"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            totals: components["schemas"]["EventTotals"];
            /** @example Europe/Berlin */
            tz: string;
        };
        DatedZone: {
            /** Format: date */
            from_day: string;
            zone: string;
        };
        DayOfPerson: {
            /** Format: date */
            day: string;
            events: number;
        };
        DeadLetterOfEvent: {
            dead_letter_id: string;
            field: string;
            message: string;
            reason: string;
            status: string;
        };
        Declaration: {
            batch_events: number;
            batch_seconds: number;
            consent: string[];
            include_bots: boolean;
            max_in_flight: number;
            ordered: boolean;
            rate_per_second: number | null;
            retry_seconds: number[];
            streams: string[];
            timeout_seconds: number;
            types: string[];
        };
        DeliveriesOfEvent: {
            data: components["schemas"]["DeliveryDetail"][];
            /** @constant */
            status: "success";
        };
        Delivery: {
            attempts: number;
            batch_id: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            dead_letter_id: string | null;
            destination: string | null;
            /** Format: uuid */
            destination_id: string;
            /** Format: uuid */
            event_id: string;
            event_type: string;
            finished_at: string | null;
            last_error: string;
            last_status: number | null;
            next_attempt_at: string | null;
            ordering_key: string | null;
            priority: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            received_at: string;
            /** @enum {string} */
            status: "pending" | "sent" | "failed" | "skipped";
            /** Format: uuid */
            store_id: string;
            stream: string;
        };
        DeliveryCounts: {
            failed: number;
            pending: number;
            sent: number;
            skipped: number;
        };
        DeliveryDetail: {
            attempt_log: components["schemas"]["Attempt"][];
            attempts: number;
            batch_id: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            dead_letter_id: string | null;
            destination: string | null;
            /** Format: uuid */
            destination_id: string;
            /** Format: uuid */
            event_id: string;
            event_type: string;
            finished_at: string | null;
            last_error: string;
            last_status: number | null;
            next_attempt_at: string | null;
            ordering_key: string | null;
            priority: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            received_at: string;
            /** @enum {string} */
            status: "pending" | "sent" | "failed" | "skipped";
            /** Format: uuid */
            store_id: string;
            stream: string;
        };
        DeliveryPage: {
            data: components["schemas"]["Delivery"][];
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            /** @example 42 */
            total: number;
        };
        DestinationAnswer: {
            data: components["schemas"]["Shown"];
            /** @constant */
            status: "success";
            warnings: string[];
        };
        DestinationHealth: {
            account_fault: string;
            address: string;
            breaker: components["schemas"]["BreakerHealth"];
            delivered_at: string | null;
            /** Format: uuid */
            destination_id: string;
            kind: string;
            name: string;
            requests: components["schemas"]["RequestHealth"];
            /** @enum {string} */
            status: "active" | "paused" | "disabled";
            status_reason: string;
            store_id: string | null;
            waiting: components["schemas"]["WaitingEvents"];
        };
        DestinationHealthAnswer: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            data: components["schemas"]["DestinationHealthDetail"];
            /** @constant */
            status: "success";
        };
        DestinationHealthDetail: {
            account_fault: string;
            address: string;
            breaker: components["schemas"]["BreakerHealth"];
            declaration: components["schemas"]["Declaration"];
            delivered_at: string | null;
            /** Format: uuid */
            destination_id: string;
            failures: components["schemas"]["FailedAnswer"][];
            kind: string;
            name: string;
            oldest_request: components["schemas"]["OldestRequest"] | null;
            requests: components["schemas"]["RequestHealth"];
            /** @enum {string} */
            status: "active" | "paused" | "disabled";
            status_reason: string;
            store_id: string | null;
            waiting: components["schemas"]["WaitingEvents"];
        };
        DestinationList: {
            data: components["schemas"]["Shown"][];
            /** @constant */
            status: "success";
        };
        DestinationsHealth: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            data: components["schemas"]["DestinationHealth"][];
            more: boolean;
            /** @constant */
            status: "success";
            /** @example 42 */
            total: number;
        };
        DestinationState: {
            /** @enum {string} */
            breaker: "closed" | "open" | "probing";
            /** Format: uuid */
            destination_id: string;
            /** @example webhook */
            kind: string;
            more: boolean;
            name: string;
            pending: number | null;
            probe_at: string | null;
            reason: string;
            /** @enum {string} */
            word: "ok" | "waits" | "open" | "refuses" | "paused" | "disabled";
        };
        Details: {
            field: string;
            reason: string;
        };
        DetectableEffects: {
            always_valid: number | null;
            fixed: number | null;
        };
        Device: {
            consent_analytics: string | null;
            consent_marketing: string | null;
            source: string | null;
            user_agent: string | null;
        };
        DiscardAnswer: {
            data: components["schemas"]["DiscardResult"];
            /** @constant */
            status: "success";
        };
        DiscardRequest: {
            all?: boolean;
            dry_run?: boolean;
            filter?: components["schemas"]["LetterFilter"] | null;
            ids?: string[] | null;
            why: string;
        };
        DiscardResult: {
            discarded: number;
            dry_run: boolean;
            ids: string[];
            skipped: {
                [key: string]: string;
            };
        };
        Element: {
            clicks: number;
            dead_clicks: number;
            dwell_ms: number;
            hovers: number;
            rage_clicks: number;
            selector: string;
        };
        ElementBox: {
            height: number;
            name: string;
            selector: string;
            width: number;
            x: number;
            y: number;
        };
        ErrorAnswer: {
            code?: string | null;
            details?: components["schemas"]["Details"] | null;
            error: string;
            message: string;
            status: string;
        };
        EventDay: {
            complete: boolean;
            /** Format: date */
            day: string;
            events: number;
        };
        EventPage: {
            data: {
                [key: string]: unknown;
            }[];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        EventProperties: {
            data: components["schemas"]["EventProperty"][];
            looked_at: number;
            more: boolean;
            /** @constant */
            status: "success";
            /** @example 42 */
            total: number;
        };
        EventProperty: {
            events: number;
            /** @example plan */
            key: string;
            /**
             * @example [
             *       "string"
             *     ]
             */
            types: string[];
            values: components["schemas"]["PropertyValue"][];
        };
        EventsOfPeriod: {
            from: string | null;
            to: string | null;
            totals: components["schemas"]["EventTotals"];
            /** @example Europe/Berlin */
            tz: string;
        };
        EventsOfType: {
            events: number;
            /**
             * @example user_message
             * @enum {string}
             */
            type: "start_command" | "user_message" | "ai_message" | "image_generated" | "image_refresh" | "persona_selected" | "story_selected" | "chat_cleared" | "chat_continued" | "premium_action" | "custom";
        };
        EventTotals: {
            events: number;
        };
        ExperimentAnswer: {
            data: components["schemas"]["ExperimentShown"];
            /** @constant */
            status: "success";
            warnings: string[];
        };
        ExperimentDay: {
            /** Format: date */
            day: string;
            is_sound: boolean;
            variants: components["schemas"]["VariantDay"][];
        };
        ExperimentDays: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            control: string;
            days: components["schemas"]["ExperimentDay"][];
            /** @enum {string} */
            direction: "increase" | "decrease";
            /** @enum {string} */
            kind: "binary" | "count" | "sum" | "ratio";
            metric: string;
            names: {
                [key: string]: string;
            };
            phase: number;
            /** Format: uuid */
            test_id: string;
        };
        ExperimentDaysAnswer: {
            data: components["schemas"]["ExperimentDays"];
            /** @constant */
            status: "success";
        };
        ExperimentGiven: {
            alpha?: number | null;
            baseline_rate?: number | null;
            description?: string | null;
            group?: components["schemas"]["GroupGiven"] | null;
            metrics: components["schemas"]["MetricGiven"][];
            n_star?: number | null;
            /** @example Green button */
            name: string;
            power?: number | null;
            pre_days?: number | null;
            primary_metric?: string | null;
            priority?: number;
            relative_effect?: number | null;
            targeting?: components["schemas"]["TargetingGiven"] | null;
            traffic?: number | null;
            variants: components["schemas"]["VariantGiven"][];
            window_hours?: number | null;
        };
        ExperimentListed: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            created_by: string;
            name: string;
            phase: number;
            primary_metric: string;
            priority: number;
            /** @enum {string} */
            status: "draft" | "running" | "paused" | "completed" | "archived";
            /** Format: uuid */
            test_id: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
            variants: string[];
            version: number;
            winner: string | null;
        };
        ExperimentPage: {
            data: components["schemas"]["ExperimentListed"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        ExperimentPlan: {
            baseline: number;
            detectable: components["schemas"]["DetectableEffects"] | null;
            deviation: number | null;
            effect: number | null;
            measured: components["schemas"]["MeasuredTraffic"] | null;
            /** @enum {string} */
            metric: "share" | "revenue";
            n_star: number;
            sizes: components["schemas"]["PlannedSizes"] | null;
            visitors_per_day: number | null;
        };
        ExperimentPlanAnswer: {
            data: components["schemas"]["ExperimentPlan"];
            /** @constant */
            status: "success";
        };
        ExperimentRemoved: {
            /** @constant */
            status: "success";
        };
        ExperimentResults: {
            is_settled: boolean;
            last_phase: number;
            name: string;
            results: components["schemas"]["ResultsShown"];
            /** @enum {string} */
            status: "draft" | "running" | "paused" | "completed" | "archived";
            /** Format: uuid */
            store_id: string;
            /** Format: uuid */
            test_id: string;
            winner: string | null;
        };
        ExperimentResultsAnswer: {
            data: components["schemas"]["ExperimentResults"];
            /** @constant */
            status: "success";
        };
        ExperimentShown: {
            alpha: number;
            baseline_rate: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            created_by: string;
            description: string | null;
            group: components["schemas"]["GroupShown"] | null;
            metrics: components["schemas"]["MetricShown"][];
            n_star: number | null;
            name: string;
            phase: number;
            phases: components["schemas"]["PhaseShown"][];
            power: number;
            pre_days: number;
            primary_metric: string;
            priority: number;
            relative_effect: number | null;
            /** @enum {string} */
            status: "draft" | "running" | "paused" | "completed" | "archived";
            /** Format: uuid */
            store_id: string;
            targeting: components["schemas"]["TargetingShown"];
            /** Format: uuid */
            test_id: string;
            traffic: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
            variants: components["schemas"]["VariantShown"][];
            version: number;
            window_hours: number;
            winner: string | null;
        };
        FailedAnswer: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            error: string;
            status: number | null;
        };
        Figures: {
            carts: number;
            generatedImages: number;
            shareFromImage?: number | null;
        };
        FiguresShown: {
            converters: number;
            credible: components["schemas"]["IntervalShown"] | null;
            events: number;
            interval: components["schemas"]["IntervalShown"] | null;
            raw_value: number | null;
            reason: ("no_units" | "too_few_units" | "zero_variance" | "control_zero" | "control_mean_not_positive" | "control_near_zero" | "zero_denominator" | "no_pre_period" | "expected_below_5") | null;
            /** @example 19.9900 */
            total: string;
            units: number;
            value: number | null;
        };
        Funnel: {
            comparison: components["schemas"]["FunnelOfPeriod"] | null;
            data: components["schemas"]["FunnelStep"][];
            from: string | null;
            series: components["schemas"]["FunnelDay"][];
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        FunnelDay: {
            complete: boolean;
            conversion: number | null;
            /** Format: date */
            day: string;
            /**
             * @example [
             *       1183,
             *       856,
             *       449,
             *       230,
             *       140
             *     ]
             */
            sessions: number[];
        };
        FunnelOfPeriod: {
            data: components["schemas"]["FunnelStep"][];
            from: string | null;
            series: components["schemas"]["FunnelDay"][];
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        FunnelStep: {
            of_first: number | null;
            of_previous: number | null;
            sessions: number;
            /** @example add_to_cart */
            step: string;
        };
        GeneratedImages: {
            byProduct: components["schemas"]["ImagesOfProduct"][];
            byStore: components["schemas"]["ImagesOfStore"][];
            byTime: components["schemas"]["ImagesOfTime"][];
            conversion?: number | null;
            imagesGenerated: number | null;
            imagesInCarts: number | null;
            otherProducts: components["schemas"]["ImageFigures"];
            otherStores: components["schemas"]["ImageFigures"];
            reason?: string | null;
        };
        Grid: {
            columns: number;
            row_px: number;
        };
        GroupGiven: {
            end: number;
            group_id: string;
            start: number;
        };
        GroupsAnswer: {
            data: components["schemas"]["GroupSummary"][];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            hours_from: string;
            /** @constant */
            status: "success";
        };
        GroupShown: {
            end: number;
            group_id: string;
            start: number;
        };
        GroupSummary: {
            by_hour: components["schemas"]["HourOfLetters"][];
            first_at: string;
            last_at: string;
            letters: number;
            /** Format: uuid */
            newest_id: string;
            quarantined: number;
            reason: string;
            stage: string;
            stream: string;
        };
        Header: {
            base64: string | null;
            name: string;
            text: string | null;
        };
        Heatmap: {
            cells: components["schemas"]["Cell"][];
            cells_truncated: boolean;
            elements: components["schemas"]["Element"][];
            grid: components["schemas"]["Grid"];
            page: string;
            scroll_reach: components["schemas"]["Reach"][];
            totals: components["schemas"]["PointerTotals"];
        };
        HeatmapAnswer: {
            data: components["schemas"]["Heatmap"];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        HourOfLetters: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            hour: string;
            letters: number;
        };
        ImageFigures: {
            conversion?: number | null;
            imagesGenerated: number | null;
            imagesInCarts: number | null;
        };
        ImagesOfProduct: {
            conversion?: number | null;
            imagesGenerated: number | null;
            imagesInCarts: number | null;
            productId: string;
        };
        ImagesOfStore: {
            conversion?: number | null;
            imagesGenerated: number | null;
            imagesInCarts: number | null;
            /** Format: uuid */
            storeId: string;
        };
        ImagesOfTime: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            complete: boolean;
            conversion?: number | null;
            imagesGenerated: number | null;
            imagesInCarts: number | null;
        };
        IntervalShown: {
            high: number;
            low: number;
        };
        JudgedShown: {
            adjusted_p: number | null;
            comparison: components["schemas"]["ComparisonShown"];
            is_conclusive: boolean;
            level: number;
        };
        KeyAnswer: {
            data: components["schemas"]["KeyShown"];
            /** @constant */
            status: "success";
        };
        KeyChanges: {
            name?: string | null;
            /**
             * @example [
             *       "https://shop.example"
             *     ]
             */
            origins?: string[];
        };
        KeyPage: {
            data: components["schemas"]["KeyShown"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        KeyRotation: {
            expires_in?: number | null;
        };
        KeyShown: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            created_by: string;
            expires_at: string | null;
            /** @example ssk_Xq3v… */
            hint: string;
            /** Format: uuid */
            key_id: string;
            /** @enum {string} */
            kind: "publishable" | "secret";
            /** Format: uuid */
            line_id: string;
            name: string | null;
            origins: string[];
            revoked_at: string | null;
            revoked_by: string | null;
            scopes: string[];
            /** @enum {string} */
            status: "active" | "expired" | "revoked";
            store_id: string | null;
        };
        LandingAnswer: {
            comparison: components["schemas"]["LandingComparison"] | null;
            data: components["schemas"]["LandingStats"];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        LandingComparison: {
            clicks: number;
            conversion: number | null;
            from: string | null;
            others: number;
            purchases: number;
            revenue: components["schemas"]["LandingRevenue"][];
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
            views: number;
            visits: number;
        };
        LandingDay: {
            clicks: number;
            complete: boolean;
            conversion: number | null;
            /** Format: date */
            day: string;
            others: number;
            purchases: number;
            revenue: components["schemas"]["LandingRevenue"][];
            views: number;
            visits: number;
        };
        LandingPagesAnswer: {
            currency: string | null;
            data: components["schemas"]["ListedLandingPage"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            /** @example Europe/Berlin */
            tz: string;
        };
        LandingRevenue: {
            currency: string;
            purchases: number;
            /** @example 19.9900 */
            revenue: string;
        };
        LandingStats: {
            by_day: components["schemas"]["LandingDay"][];
            clicks: number;
            conversion: number | null;
            landing_page_id: string;
            others: number;
            purchases: number;
            revenue: components["schemas"]["LandingRevenue"][];
            views: number;
            visits: number;
        };
        LandingStoreAnswer: {
            comparison: components["schemas"]["LandingComparison"] | null;
            data: components["schemas"]["LandingStoreStats"];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        LandingStoreStats: {
            by_day: components["schemas"]["LandingDay"][];
            clicks: number;
            conversion: number | null;
            others: number;
            purchases: number;
            revenue: components["schemas"]["LandingRevenue"][];
            views: number;
            visits: number;
        };
        LedgerSum: {
            accepted: number;
            applied: number;
            dead: number;
            duplicates: number;
            in_flight: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            since: string;
        };
        LetterAnswer: {
            data: components["schemas"]["LetterDetail"];
            /** @constant */
            status: "success";
        };
        LetterDetail: {
            code_version: string;
            created_at: string;
            destination_id: string | null;
            event: {
                [key: string]: unknown;
            } | null;
            event_id: string | null;
            field: string;
            headers: components["schemas"]["Header"][];
            /** Format: uuid */
            id: string;
            max_replays: number;
            message: string;
            origin?: components["schemas"]["LetterOrigin"] | null;
            quarantined: boolean;
            raw?: components["schemas"]["Raw"] | null;
            reason: string;
            received_at: string | null;
            replays: number;
            source: components["schemas"]["Source"];
            /**
             * @example decode
             * @example validate
             * @example store
             * @example match
             * @example delivery
             * @example foreign
             */
            stage: string;
            /** @enum {string} */
            status: "open" | "reprocessing" | "resolved" | "discarded";
            store_id: string | null;
            stream: string;
            trail: components["schemas"]["TrailEntry"][];
            undecodable: string | null;
            updated_at: string;
        };
        LetterFilter: {
            destination_id?: string | null;
            reason?: string | null;
            since?: string | null;
            /** @example store */
            stage?: string | null;
            store_id?: string | null;
            stream?: string | null;
        };
        LetterOrigin: {
            offset: number | null;
            partition: number | null;
            tool: string | null;
            topic: string | null;
        };
        LetterPage: {
            data: components["schemas"]["LetterSummary"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        LetterSummary: {
            created_at: string;
            destination_id: string | null;
            event_id: string | null;
            field: string;
            /** Format: uuid */
            id: string;
            message: string;
            quarantined: boolean;
            reason: string;
            received_at: string | null;
            replays: number;
            source: components["schemas"]["Source"];
            /**
             * @example decode
             * @example validate
             * @example store
             * @example match
             * @example delivery
             * @example foreign
             */
            stage: string;
            /** @enum {string} */
            status: "open" | "reprocessing" | "resolved" | "discarded";
            store_id: string | null;
            stream: string;
            updated_at: string;
        };
        LiftShown: {
            interval: components["schemas"]["IntervalShown"] | null;
            reason: ("no_units" | "too_few_units" | "zero_variance" | "control_zero" | "control_mean_not_positive" | "control_near_zero" | "zero_denominator" | "no_pre_period" | "expected_below_5") | null;
            value: number | null;
        };
        LimitGiven: {
            /** @example 100000 */
            hard?: (number | string) | null;
            /** @example 80000 */
            soft?: (number | string) | null;
        };
        LimitShown: {
            hard: string | null;
            soft: string | null;
        };
        ListedCampaign: {
            campaign_id: string;
            conversion: number | null;
            opens: number;
            orders: number;
            others: number;
            people: number;
            revenue: components["schemas"]["CampaignRevenue"][];
        };
        ListedLandingPage: {
            clicks: number;
            conversion: number | null;
            landing_page_id: string;
            others: number;
            purchases: number;
            revenue: components["schemas"]["LandingRevenue"][];
            views: number;
            visits: number;
        };
        LiveEvent: {
            accepted_ms: number | null;
            applied_ms: number | null;
            event_id: string | null;
            field: string | null;
            /** @example activity-2-10441 */
            id: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            received_at: string;
            session_id: string | null;
            /** @enum {string} */
            stage: "accepted" | "applied" | "duplicate" | "rejected" | "dead" | "unknown";
            store_id: string | null;
            stream: string;
            type: string;
            value: string | null;
            what: string;
            wish: string | null;
        };
        LiveEventAnswer: {
            data: components["schemas"]["LiveEventDetail"];
            /** @constant */
            status: "success";
        };
        LiveEventDetail: {
            applied: {
                [key: string]: unknown;
            } | null;
            dead_letter: components["schemas"]["DeadLetterOfEvent"] | null;
            event: components["schemas"]["LiveEvent"];
            has_rows: boolean;
            raw: components["schemas"]["RawRecord"];
            session: components["schemas"]["RelatedEvent"][];
            validated: {
                [key: string]: unknown;
            } | null;
        };
        Liveness: {
            /** @constant */
            status: "ok";
        };
        MadeAnswer: {
            data: components["schemas"]["Shown"];
            secret: string | null;
            /** @constant */
            status: "success";
            warnings: string[];
        };
        Me: {
            every_store: boolean;
            expires_at: string | null;
            has_more_stores: boolean;
            hint: string;
            /** Format: uuid */
            key_id: string;
            /** @enum {string} */
            kind: "publishable" | "secret";
            name: string | null;
            origins: string[];
            scopes: string[];
            session_ends_at: string | null;
            store: components["schemas"]["OwnStore"] | null;
            stores: components["schemas"]["ReadableStore"][];
        };
        MeAnswer: {
            data: components["schemas"]["Me"];
            /** @constant */
            status: "success";
        };
        MeasuredTraffic: {
            converters: number;
            currency: string | null;
            /** Format: date */
            from: string;
            /** Format: date */
            to: string;
            visitors: number;
        };
        MeterAnswer: {
            data: components["schemas"]["MeterShown"];
            /** @constant */
            status: "success";
        };
        MeterGiven: {
            /** @enum {string} */
            aggregation?: "sum" | "count" | "max" | "last";
            description?: string | null;
            /** @example images */
            unit?: string | null;
        };
        MeterList: {
            data: components["schemas"]["MeterShown"][];
            /** @constant */
            status: "success";
        };
        MeterShown: {
            /** @enum {string} */
            aggregation: "sum" | "count" | "max" | "last";
            description: string | null;
            is_built_in: boolean;
            meter: string;
            unit: string | null;
        };
        MeterUsage: {
            count: number;
            /** @example 12.5 */
            last: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            last_at: string;
            /** @example 12.5 */
            max: string;
            meter: string;
            /** @example 12.5 */
            sum: string;
        };
        MeterUse: {
            /** @enum {string} */
            aggregation: "sum" | "count" | "max" | "last";
            hard: string | null;
            meter: string;
            reached: ("soft" | "hard") | null;
            remaining: string | null;
            soft: string | null;
            unit: string | null;
            /** @example 12.5 */
            used: string;
        };
        MethodPlan: {
            critical_value: number;
            days: number | null;
            visitors: number;
            visitors_by_variant: number[];
        };
        MetricGiven: {
            cap?: number | string | null;
            /** @example EUR */
            currency?: string | null;
            denominator?: string | null;
            /** @enum {string} */
            direction?: "increase" | "decrease";
            /** @example bought */
            key: string;
            /** @enum {string} */
            kind: "binary" | "count" | "sum" | "ratio";
            numerator?: string | null;
            /** @example purchase */
            source?: string | null;
        };
        MetricOfVariant: {
            compared: components["schemas"]["ComparedShown"] | null;
            first_conclusive_day: string | null;
            is_enough: boolean;
            mature: components["schemas"]["FiguresShown"];
            so_far: components["schemas"]["FiguresShown"];
            variant_id: string;
        };
        MetricResultShown: {
            cap: string | null;
            currency?: string | null;
            /** @enum {string} */
            direction: "increase" | "decrease";
            is_primary: boolean;
            /** @enum {string} */
            kind: "binary" | "count" | "sum" | "ratio";
            metric: string;
            variants: components["schemas"]["MetricOfVariant"][];
        };
        MetricShown: {
            /** @example 250.5 */
            cap: string | null;
            currency: string | null;
            denominator: string | null;
            /** @enum {string} */
            direction: "increase" | "decrease";
            key: string;
            /** @enum {string} */
            kind: "binary" | "count" | "sum" | "ratio";
            numerator: string | null;
            source: string | null;
        };
        Mode: {
            mode: string;
        };
        MultipleGuardShown: {
            fails: boolean;
            share: number | null;
            units: number;
        };
        NamedEvents: {
            earlier_events: number | null;
            events: number;
            /** @example newsletter_signup */
            name: string | null;
        };
        NeedShown: {
            expected_at: string | null;
            have: number;
            variant_id: string | null;
            want: number;
            /** @enum {string} */
            what: "mature_units" | "running_hours" | "converters" | "non_converters" | "planned_units";
        };
        NewDestination: {
            batch_events?: number;
            batch_seconds?: number;
            /**
             * @example {
             *       "url": "https://…"
             *     }
             */
            config?: {
                [key: string]: unknown;
            };
            consent?: string[];
            include_bots?: boolean;
            kind?: string;
            max_in_flight?: number;
            /** @example shop-crm */
            name: string;
            ordered?: boolean;
            rate_per_second?: number | null;
            retry_seconds?: number[];
            secrets?: {
                [key: string]: string;
            };
            store_id?: string | null;
            streams?: string[];
            timeout_seconds?: number;
            types?: string[];
        };
        NewKey: {
            expires_in?: number | null;
            /** @enum {string} */
            kind?: "publishable" | "secret";
            name?: string | null;
            /**
             * @example [
             *       "https://shop.example"
             *     ]
             */
            origins?: string[];
            scopes?: ("ingest" | "read" | "admin" | "ops")[];
            store_id?: string | null;
        };
        NewKeyAnswer: {
            data: components["schemas"]["KeyShown"];
            key: string;
            /** @constant */
            status: "success";
        };
        NewSecret: {
            expires_in?: number | null;
            name?: string;
            value?: string | null;
        };
        NewStore: {
            /** @example shop.example */
            domain?: string | null;
            name?: string | null;
            settings?: {
                abandoned_minutes?: number | null;
                addresses?: ("full" | "shortened" | "none") | null;
                currency?: string | null;
                event_names?: string[] | null;
                page_patterns?: string[] | null;
                time_zone?: string | null;
            };
            store_id?: string | null;
        };
        OfDestination: {
            destination: string | null;
            /** Format: uuid */
            destination_id: string;
            failed: number;
            pending: number;
            sent: number;
            skipped: number;
            /** Format: uuid */
            store_id: string;
        };
        OfProduct: {
            carts: number;
            generatedImages: number;
            productId: string;
            productTitle: string | null;
            shareFromImage?: number | null;
        };
        OfStore: {
            carts: number;
            generatedImages: number;
            shareFromImage?: number | null;
            /** Format: uuid */
            storeId: string;
            storeName: string;
        };
        OfTime: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            carts: number;
            complete: boolean;
            generatedImages: number;
            shareFromImage?: number | null;
        };
        OldestRequest: {
            attempt_log: components["schemas"]["Attempt"][];
            attempts: number;
            /** Format: uuid */
            batch_id: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            events: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            next_attempt_at: string;
        };
        OrderPage: {
            data: components["schemas"]["ToldOrder"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        OverlayAnswer: {
            data: components["schemas"]["Heatmap"];
            device: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            expires_at: string;
            from: string | null;
            kind: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        OverlayAsked: {
            device?: ("mobile" | "tablet" | "desktop" | "unknown") | null;
            from?: (string) | null;
            include_bots?: boolean;
            kind?: ("click" | "scroll" | "hover") | null;
            limit?: number;
            /** @example /products/mug */
            page: string;
            to?: (string) | null;
            token: string;
            /** @example Europe/Berlin */
            tz?: string | null;
        };
        OverlayLinkAnswer: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            expiresAt: string;
            /** @constant */
            status: "success";
            token: string;
            url: string;
        };
        OverlayLinkGiven: {
            expires_in?: number;
            /** @example https://shop.example/products/mug */
            url: string;
        };
        OverrideGiven: {
            component?: string | null;
            enabled?: boolean | null;
            position?: number | null;
            props?: {
                [key: string]: unknown;
            } | null;
        };
        OverrideShown: {
            component: string | null;
            enabled: boolean | null;
            position: number | null;
            props: {
                [key: string]: unknown;
            } | null;
        };
        OverruledLink: {
            kind: string;
            to_kind: string;
            to_value: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            told_at: string;
            value: string;
        };
        Overview: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            /** @enum {string} */
            bucket: "hour" | "day";
            comparison: components["schemas"]["ComparedOverview"] | null;
            from: string | null;
            series: components["schemas"]["OverviewBucket"][];
            /** @constant */
            status: "success";
            /** Format: uuid */
            store_id: string;
            to: string | null;
            totals: components["schemas"]["OverviewFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        OverviewBucket: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            bought_sessions: number;
            carts: number;
            complete: boolean;
            conversion: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ends: string;
            orders: number;
            passed: number;
            revenue: components["schemas"]["BucketRevenue"][];
            sessions: number;
            viewed_sessions: number;
            visitors: number;
        };
        OverviewFigures: {
            added_sessions: number;
            bought_sessions: number;
            carts: number;
            carts_from_image: number;
            conversion: number | null;
            new_visitors: number | null;
            orders: number;
            purchases: number;
            returning_visitors: number | null;
            revenue: components["schemas"]["CurrencyRevenue"][];
            sessions: number;
            viewed_sessions: number;
            visitors: number;
        };
        OwnedIdentity: {
            /** @example visitor */
            kind: string;
            last_seen: string | null;
            value: string;
        };
        OwnStore: {
            domain: string | null;
            name: string | null;
            settings: components["schemas"]["StoreSettings"];
            /** Format: uuid */
            store_id: string;
        };
        PageConfigAnswer: {
            data: components["schemas"]["PageShown"];
            /** @constant */
            status: "success";
        };
        PageConfigList: {
            data: components["schemas"]["PageShown"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        PageEvents: {
            page: string;
            pointer_events: number;
            scroll_events: number;
        };
        PageFigures: {
            entries: number;
            exits: number;
            views: number;
        };
        PageGiven: {
            slots?: components["schemas"]["SlotGiven"][];
            template?: string | null;
        };
        PagesAnswer: {
            data: components["schemas"]["PageEvents"][];
            from: string | null;
            more: boolean;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            /** @example Europe/Berlin */
            tz: string;
        };
        PageShown: {
            page_type: string;
            slots: components["schemas"]["SlotShown"][];
            slug: string;
            /** Format: uuid */
            store_id: string;
            template: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
            updated_by: string;
            version: number;
        };
        PeopleExport: {
            bought?: boolean | null;
            /** @example PT */
            country?: string | null;
            from?: (string) | null;
            /** @constant */
            include_bots?: false;
            /** @enum {string} */
            kind?: "all" | "bot" | "shop";
            search?: string | null;
            /** @enum {string} */
            sort?: "-last_seen" | "last_seen" | "-first_seen" | "first_seen" | "-name" | "name" | "-events" | "events" | "-messages" | "messages" | "-images" | "images" | "-orders" | "orders" | "-spent" | "spent";
            store_id?: string | null;
            to?: (string) | null;
            /** @example Europe/Berlin */
            tz?: string | null;
        };
        PeoplePage: {
            cut: boolean;
            data: components["schemas"]["Person"][];
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            /** @example 42 */
            total: number;
        };
        PeopleSearch: {
            bought?: boolean | null;
            /** @example PT */
            country?: string | null;
            cursor?: string | null;
            from?: (string) | null;
            /** @constant */
            include_bots?: false;
            /** @enum {string} */
            kind?: "all" | "bot" | "shop";
            limit?: number;
            /** @example jane@ */
            search: string;
            /** @enum {string} */
            sort?: "-last_seen" | "last_seen" | "-first_seen" | "first_seen" | "-name" | "name" | "-events" | "events" | "-messages" | "messages" | "-images" | "images" | "-orders" | "orders" | "-spent" | "spent";
            store_id?: string | null;
            to?: (string) | null;
            /** @example Europe/Berlin */
            tz?: string | null;
        };
        Person: {
            /** @example PT */
            country: string | null;
            currency: string | null;
            customer_id: string | null;
            email: string | null;
            events: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            first_seen: string;
            /** Format: uuid */
            id: string;
            images: number;
            /** @enum {string} */
            kind: "visitor" | "tracking" | "telegram" | "email" | "customer";
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            last_seen: string;
            messages: number | null;
            name: string | null;
            orders: number;
            spent: string | null;
            spents: components["schemas"]["Spent"][];
            /** @example 8123456789 */
            telegram_id: string | null;
            visitor_id: string | null;
        };
        PersonAnswer: {
            data: components["schemas"]["PersonDetails"];
            /** @constant */
            status: "success";
        };
        PersonDetails: {
            ai_messages: number | null;
            carts: number;
            carts_from_image: number;
            conflicts: components["schemas"]["OverruledLink"][];
            /** @example PT */
            country: string | null;
            currency: string | null;
            customer_id: string | null;
            days: components["schemas"]["DayOfPerson"][];
            device: components["schemas"]["Device"];
            email: string | null;
            events: number;
            experiments: components["schemas"]["AssignedVariant"][];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            first_seen: string;
            /** Format: uuid */
            id: string;
            identities: components["schemas"]["OwnedIdentity"][];
            images: number;
            /** @enum {string} */
            kind: "visitor" | "tracking" | "telegram" | "email" | "customer";
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            last_seen: string;
            messages: number | null;
            more_identities: boolean;
            name: string | null;
            orders: number;
            page_views: number;
            persona: string | null;
            premium_actions: number | null;
            redone_images: number | null;
            session_seconds: number;
            sessions: number;
            spent: string | null;
            spents: components["schemas"]["Spent"][];
            story: string | null;
            /** @example 8123456789 */
            telegram_id: string | null;
            tz: string;
            user_messages: number | null;
            visitor_id: string | null;
        };
        PersonEvent: {
            archived_url: string | null;
            currency: string | null;
            /** Format: uuid */
            event_id: string;
            image_url: string | null;
            is_image_inline: boolean;
            /** @enum {string} */
            kind: "message" | "image" | "command" | "page" | "cart" | "order" | "search" | "other";
            metadata: {
                [key: string]: unknown;
            } | null;
            name: string | null;
            next_page_at: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            occurred_at: string;
            order_id: string | null;
            page_url: string | null;
            persona: string | null;
            product_id: string | null;
            quantity: number | null;
            session_id: string | null;
            /** @enum {string} */
            stream: "activity" | "landing" | "cart" | "bot" | "order";
            text: string | null;
            title: string | null;
            type: string;
            value: string | null;
        };
        PersonEventPage: {
            cut: boolean;
            data: components["schemas"]["PersonEvent"][];
            /** Format: uuid */
            id: string;
            next_cursor: string | null;
            sessions: components["schemas"]["PersonSession"][];
            /** @constant */
            status: "success";
        };
        PersonSession: {
            bought: components["schemas"]["BoughtInSession"][];
            country: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ended_at: string;
            entry_page: string | null;
            events: number;
            exit_page: string | null;
            pages: number;
            session_id: string;
            source: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            started_at: string;
            steps: string[];
            user_agent: string | null;
        };
        PhaseShown: {
            caps: {
                [key: string]: string | null;
            };
            ended_at: string | null;
            n_star: number | null;
            phase: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            started_at: string;
            weights: {
                [key: string]: number;
            };
        };
        PictureGiven: {
            /** @enum {string} */
            device: "desktop" | "tablet" | "mobile";
            /** @example /products/mug */
            page: string;
            picture: string;
            width: number;
        };
        PictureList: {
            data: components["schemas"]["PictureShown"][];
            /** @constant */
            status: "success";
        };
        PictureRemoved: {
            /** Format: uuid */
            picture_id: string;
            /** @constant */
            status: "success";
        };
        PictureShown: {
            bytes: number;
            /** @enum {string} */
            device: "desktop" | "tablet" | "mobile";
            elements: components["schemas"]["ElementBox"][];
            height: number;
            /** @example image/webp */
            media_type: string;
            page: string;
            /** Format: uuid */
            picture_id: string;
            /** @enum {string} */
            source: "captured" | "uploaded";
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            taken_at: string;
            taken_by: string;
            width: number;
        };
        PipelineState: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            audit: components["schemas"]["AuditResult"] | null;
            collecting: components["schemas"]["Collected"] | null;
            dead_letters: components["schemas"]["UnclosedLetters"];
            destinations: components["schemas"]["DestinationState"][];
            ledger: components["schemas"]["LedgerSum"];
            processing: components["schemas"]["Processed"] | null;
            /** @enum {string} */
            scope: "all" | "store";
            /** @constant */
            status: "success";
        };
        PixelCoverageOfDay: {
            any: number;
            any_share: number | null;
            complete: boolean;
            /** Format: date */
            day: string;
            google: number;
            google_share: number | null;
            meta: number;
            meta_share: number | null;
            none: number;
            none_share: number | null;
            purchases: number;
        };
        PixelCoverageOfPeriod: {
            any: number;
            any_share: number | null;
            by_day: components["schemas"]["PixelCoverageOfDay"][];
            from: string | null;
            google: number;
            google_share: number | null;
            meta: number;
            meta_share: number | null;
            none: number;
            none_share: number | null;
            purchases: number;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        PlanAnswer: {
            data: components["schemas"]["PlanShown"];
            /** @constant */
            status: "success";
        };
        PlanGiven: {
            description?: string | null;
            /**
             * @example {
             *       "event": {
             *         "hard": "100000",
             *         "soft": "80000"
             *       }
             *     }
             */
            limits?: {
                [key: string]: components["schemas"]["LimitGiven"];
            };
        };
        PlanList: {
            data: components["schemas"]["PlanShown"][];
            /** @constant */
            status: "success";
        };
        PlannedSizes: {
            always_valid: components["schemas"]["MethodPlan"];
            fixed: components["schemas"]["MethodPlan"];
        };
        PlanShown: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            created_by: string;
            description: string | null;
            limits: {
                [key: string]: components["schemas"]["LimitShown"];
            };
            plan: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
        };
        PlanToAssign: {
            from_day?: string | null;
            /**
             * @example {
             *       "event": {
             *         "hard": "100000",
             *         "soft": "80000"
             *       }
             *     }
             */
            limits?: {
                [key: string]: components["schemas"]["LimitGiven"];
            };
            plan: string | null;
        };
        PointerTotals: {
            clicks: number;
            dead_clicks: number;
            hovers: number;
            rage_clicks: number;
            scrolls: number;
            views: number;
        };
        PreviewAnswer: {
            data: components["schemas"]["PreviewShown"];
            /** @constant */
            status: "success";
        };
        PreviewGiven: {
            expires_in?: number;
            variant_id: string;
        };
        PreviewShown: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            expires_at: string;
            token: string;
            variant_id: string;
        };
        Processed: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            behind_seconds: number;
            lag: number;
            streams: components["schemas"]["ProcessedStream"][];
        };
        ProcessedStream: {
            behind_seconds: number;
            lag: number;
            per_second: number | null;
            /** @example activity */
            stream: string;
        };
        Product: {
            adds: number;
            cart_rate: number | null;
            product_id: string;
            product_name: string | null;
            purchase_rate: number | null;
            purchases: number;
            removes: number;
            revenue: components["schemas"]["ProductRevenue"][];
            units: number;
            views: number;
        };
        ProductRevenue: {
            currency: string;
            /** @example 19.9900 */
            revenue: string;
        };
        Products: {
            data: components["schemas"]["Product"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            totals: components["schemas"]["ProductTotals"];
            /** @example Europe/Berlin */
            tz: string;
        };
        ProductTotals: {
            adds: number;
            removes: number;
            units: number;
            views: number;
        };
        PropertyValue: {
            events: number;
            value: string | null;
        };
        PutPicture: {
            /** @enum {string} */
            device: "desktop" | "tablet" | "mobile";
            height: number;
            media_type: string;
            page: string;
            /** Format: uuid */
            picture_id: string;
            width: number;
        };
        PutPictureAnswer: {
            data: components["schemas"]["PutPicture"];
            /** @constant */
            status: "success";
        };
        RateOfTime: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ends: string;
            per_second: number;
        };
        Raw: {
            key: string | null;
            value: string | null;
        };
        RawRecord: {
            bytes: number;
            cut: boolean;
            headers: {
                [key: string]: string;
            };
            hex: string | null;
            text: string | null;
        };
        Reach: {
            /** @example 50 */
            percent: number;
            share: number | null;
            views: number;
        };
        ReadableStore: {
            currency: string | null;
            domain: string | null;
            is_declared: boolean;
            is_sample: boolean;
            name: string;
            /** Format: uuid */
            store_id: string;
            time_zone: string;
        };
        Readiness: {
            checks: {
                [key: string]: components["schemas"]["CheckAnswer"];
            };
            detail: string;
            /** @enum {string} */
            status: "ready" | "degraded" | "starting" | "halted" | "unready";
        };
        Reconciliation: {
            by_day: components["schemas"]["SeenOrdersOfDay"][];
            from: string | null;
            next_cursor: string | null;
            orders: number;
            seen: number;
            seen_share: number | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
            unseen: number;
            unseen_orders: components["schemas"]["ToldOrder"][];
            unseen_revenue: components["schemas"]["UnseenRevenue"][];
        };
        RegistryFault: {
            /** @example 40401 */
            error_code: number;
            /** @example Subject 'x-value' not found. */
            message: string;
        };
        Rehearsal: {
            event: {
                [key: string]: unknown;
            } | null;
            goes_to: string;
            /** Format: uuid */
            id: string;
        };
        RelatedEvent: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            event_id: string | null;
            /** @enum {string} */
            stage: "accepted" | "applied" | "duplicate" | "rejected" | "dead" | "unknown";
            stream: string;
            this: boolean;
            type: string;
            what: string;
        };
        Removed: {
            discarded: number;
            /** @constant */
            status: "success";
        };
        ReopenAnswer: {
            id: string | null;
            reopened: string[];
            skipped: {
                [key: string]: string;
            };
            /** @constant */
            status: "success";
        };
        ReopenRequest: {
            id?: string | null;
            ids?: string[] | null;
            why?: string;
        };
        ReplayAnswer: {
            data: components["schemas"]["ReplayResult"];
            /** @constant */
            status: "success";
        };
        ReplayRequest: {
            all?: boolean;
            cursor?: string | null;
            dry_run?: boolean;
            filter?: components["schemas"]["LetterFilter"] | null;
            ids?: string[] | null;
            max?: number;
            patch?: {
                [key: string]: unknown;
            }[] | null;
            run?: string | null;
            to_destination?: string | null;
        };
        ReplayResult: {
            delivered_before: number;
            dry_run: boolean;
            next_cursor: string | null;
            queued: number;
            refused: {
                [key: string]: string;
            };
            rehearsed: components["schemas"]["Rehearsal"][];
            /** Format: uuid */
            run: string;
            sent: number;
            skipped: {
                [key: string]: string;
            };
        };
        RequestHealth: {
            by_time: components["schemas"]["RequestStep"][];
            delivered: number;
            failed: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            from: string;
            p50: number | null;
            p95: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            to: string;
        };
        RequestStep: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            complete: boolean;
            delivered: number;
            failed: number;
            p50: number | null;
            p95: number | null;
        };
        ResendRequest: {
            again?: boolean;
            destination?: string | null;
        };
        Resent: {
            queued: number;
            /** @constant */
            status: "success";
        };
        ResultsShown: {
            alpha: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            counts: components["schemas"]["CountsShown"];
            ended_at: string | null;
            mature_until: string | null;
            metrics: components["schemas"]["MetricResultShown"][];
            multiple: components["schemas"]["MultipleGuardShown"];
            n_star: number;
            phase: number;
            running_hours: number;
            split: components["schemas"]["SplitGuardShown"];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            started_at: string;
            unknown_variant_units: number;
            variants: components["schemas"]["VariantUnitsShown"][];
            verdict: components["schemas"]["VerdictShown"];
        };
        Revenue: {
            by_day: components["schemas"]["SalesOfDay"][];
            comparison: components["schemas"]["SalesOfPeriod"] | null;
            from: string | null;
            orders: number;
            purchases: number;
            revenue: components["schemas"]["CurrencyRevenue"][];
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        RunAnswer: {
            data: components["schemas"]["RunProgress"];
            /** @constant */
            status: "success";
        };
        RunProgress: {
            died_again: number;
            discarded: number;
            last_at: string | null;
            replayed: number;
            resolved: number;
            /** Format: uuid */
            run: string;
            started_at: string | null;
            under_way: number;
        };
        SalesOfDay: {
            complete: boolean;
            /** Format: date */
            day: string;
            orders: number;
            purchases: number;
            revenue: components["schemas"]["CurrencyRevenue"][];
        };
        SalesOfPeriod: {
            from: string | null;
            orders: number;
            purchases: number;
            revenue: components["schemas"]["CurrencyRevenue"][];
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        SchemaText: {
            maxId?: number | null;
            schema: string;
        };
        Search: {
            searches: number;
            term: string;
        };
        Searches: {
            data: components["schemas"]["Search"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            totals: components["schemas"]["SearchTotals"];
            /** @example Europe/Berlin */
            tz: string;
        };
        SearchTotals: {
            searches: number;
            sessions: number | null;
        };
        SecretList: {
            data: components["schemas"]["SecretShown"][];
            /** @constant */
            status: "success";
        };
        SecretSet: {
            data: components["schemas"]["SecretShown"][];
            secret: string | null;
            /** @constant */
            status: "success";
        };
        SecretShown: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            added_at: string;
            added_by: string;
            /** @enum {string} */
            kind: "signing" | "shopify" | "telegram_bot_token" | "telegram_bot_id";
            retired_at: string | null;
            /** Format: uuid */
            secret_id: string;
        };
        SecretToSet: {
            generate?: boolean;
            overlap?: number;
            secret?: string | null;
        };
        SeenOrdersOfDay: {
            complete: boolean;
            /** Format: date */
            day: string;
            orders: number;
            seen: number;
            seen_share: number | null;
            unseen: number;
        };
        SeenPage: {
            entries: number;
            exits: number;
            /** @example /cart */
            page: string | null;
            views: number;
        };
        SeenPages: {
            data: components["schemas"]["SeenPage"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            totals: components["schemas"]["PageFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        ServerId: {
            id: string;
            scope: {
                [key: string]: unknown;
            };
        };
        Session: {
            country: string | null;
            duration_seconds: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ended_at: string;
            entry_page: string | null;
            events: number;
            exit_page: string | null;
            is_bot: boolean;
            is_long: boolean;
            pages: number;
            session_id: string;
            /** @example google.com */
            source: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            started_at: string;
            /**
             * @example [
             *       "page_view"
             *     ]
             */
            steps: string[];
            /** Format: uuid */
            store_id: string;
            utm_campaign: string | null;
            utm_content: string | null;
            utm_medium: string | null;
            utm_source: string | null;
            utm_term: string | null;
            visitor_id: string | null;
        };
        SessionAnswer: {
            data: components["schemas"]["SessionShown"];
            /** @constant */
            status: "success";
        };
        SessionCart: {
            abandoned_at: string | null;
            abandoned_currency: string | null;
            abandoned_event_id: string | null;
            abandoned_type: string | null;
            abandoned_value: string | null;
            added_at: string | null;
            checkout_at: string | null;
            country: string | null;
            customer_id: string | null;
            due_at: string | null;
            email_hash: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            last_step_at: string;
            purchased_at: string | null;
            session_id: string;
            /** @enum {string} */
            state: "open" | "abandoned" | "recovered" | "purchased" | "closed";
            visitor_id: string | null;
        };
        SessionCartPage: {
            data: components["schemas"]["SessionCart"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        SessionFigures: {
            bounce_rate: number | null;
            bounces: number;
            conversion: number | null;
            pages_per_session: number | null;
            purchases: number;
            sessions: number;
        };
        SessionPage: {
            data: components["schemas"]["Session"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        SessionShown: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ends_at: string;
        };
        SessionsOfPeriod: {
            from: string | null;
            to: string | null;
            totals: components["schemas"]["SessionFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        Shown: {
            account_fault: string;
            batch_events: number;
            batch_seconds: number;
            /** @enum {string} */
            breaker: "closed" | "open" | "probing";
            config: {
                [key: string]: unknown;
            };
            consent: string[];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            /** Format: uuid */
            destination_id: string;
            include_bots: boolean;
            kind: string;
            max_in_flight: number;
            name: string;
            ordered: boolean;
            probe_at: string | null;
            rate_per_second: number | null;
            retry_seconds: number[];
            secret_ends: {
                [key: string]: (string | null)[];
            };
            /** @enum {string} */
            status: "active" | "paused" | "disabled";
            status_reason: string;
            store_id: string | null;
            streams: string[];
            timeout_seconds: number;
            types: string[];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
        };
        SignIn: {
            key?: string | null;
            token?: string | null;
        };
        SlotGiven: {
            /** @example Banner */
            component: string;
            enabled?: boolean;
            position?: number;
            props?: {
                [key: string]: unknown;
            } | null;
            /** @example hero */
            slot_id: string;
        };
        SlotShown: {
            component: string;
            enabled: boolean;
            position: number;
            props: {
                [key: string]: unknown;
            };
            slot_id: string;
        };
        Source: {
            offset: number;
            partition: number;
            topic: string;
        };
        Sources: {
            comparison: components["schemas"]["SessionsOfPeriod"] | null;
            data: components["schemas"]["TrafficSource"][];
            from: string | null;
            more: boolean;
            next_cursor: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            totals: components["schemas"]["SessionFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        Spent: {
            currency: string;
            orders: number;
            /** @example 19.9900 */
            total_spent: string;
        };
        SplitGuardShown: {
            since: string | null;
            split: components["schemas"]["SplitShown"];
        };
        SplitShown: {
            chi_squared: number | null;
            p_value: number | null;
            reason: ("expected_below_5" | "units_in_zero_weight_variant") | null;
            /** @enum {string} */
            status: "pass" | "fail" | "not_evaluated";
        };
        Stats: {
            by_destination: components["schemas"]["OfDestination"][];
            totals: components["schemas"]["DeliveryCounts"];
        };
        StatsAnswer: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            as_of: string;
            data: components["schemas"]["Stats"];
            /** @constant */
            status: "success";
        };
        Step: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            at: string;
            clothingImageUrl: string | null;
            generatedImageUrl: string | null;
            /** @example cart_add */
            kind: string;
            pageUrl: string | null;
            personImageUrl: string | null;
            productId: string | null;
            productTitle: string | null;
            sessionId: string | null;
            /** Format: uuid */
            storeId: string;
            storeName: string | null;
        };
        StoreAnswer: {
            data: components["schemas"]["StoreShown"];
            /** @constant */
            status: "success";
        };
        StoreChanges: {
            /** @example shop.example */
            domain?: string | null;
            name?: string | null;
            settings?: {
                abandoned_minutes?: number | null;
                addresses?: ("full" | "shortened" | "none") | null;
                currency?: string | null;
                event_names?: string[] | null;
                page_patterns?: string[] | null;
                time_zone?: string | null;
            };
        };
        StoreLimits: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            ends_at: string;
            limits: components["schemas"]["MeterUse"][];
            /** Format: date */
            period: string;
            plan: string | null;
            plan_since: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            starts_at: string;
            /** Format: uuid */
            store_id: string;
        };
        StoreLimitsAnswer: {
            data: components["schemas"]["StoreLimits"];
            /** @constant */
            status: "success";
        };
        StorePage: {
            data: components["schemas"]["StoreShown"][];
            next_cursor: string | null;
            /** @constant */
            status: "success";
        };
        StoreSettings: {
            abandoned_minutes: number;
            /** @enum {string} */
            addresses: "full" | "shortened" | "none";
            currency?: string | null;
            event_names: string[];
            page_patterns: string[];
            time_zone: string;
        };
        StoreShown: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            created_at: string;
            created_by: string;
            domain: string | null;
            name: string | null;
            settings: components["schemas"]["StoreSettings"];
            /** Format: uuid */
            store_id: string;
            time_zones: components["schemas"]["DatedZone"][];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            updated_at: string;
        };
        StreamDescription: {
            name: string;
            own_types: boolean;
            paths: unknown;
            rows: boolean;
            types: string[];
        };
        StreamList: {
            data: components["schemas"]["StreamDescription"][];
            /** @constant */
            status: "success";
        };
        SubjectSchema: {
            id: number;
            schema: string;
            schemaType: string;
            subject: string;
            version: number;
        };
        SubjectVersion: {
            subject: string;
            version: number;
        };
        TargetingGiven: {
            /**
             * @example [
             *       "DE",
             *       "AT"
             *     ]
             */
            countries?: string[];
            devices?: string[];
            page_types?: string[];
            slugs?: string[];
            utm?: {
                [key: string]: string[];
            };
            /** @enum {string} */
            visitors?: "all" | "new" | "returning";
        };
        TargetingShown: {
            countries: string[];
            devices: string[];
            page_types: string[];
            slugs: string[];
            utm: {
                [key: string]: string[];
            };
            /** @enum {string} */
            visitors: "all" | "new" | "returning";
        };
        ToldOrder: {
            amount: string | null;
            campaign_id: string | null;
            channel: string | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            counted_at: string;
            currency: string | null;
            customer_id: string | null;
            is_bot: boolean;
            landing_page_id: string | null;
            order_id: string;
            order_name: string | null;
            /** @example 19.9900 */
            refunded: string;
            seen_at: string | null;
            session_id: string | null;
            /** @enum {string} */
            status: "created" | "paid" | "refunded" | "cancelled";
            told_at: string | null;
            visitor_id: string | null;
        };
        Totals: {
            carts: number;
            clothingImages: number;
            generatedImages: number;
            personImages: number;
            sessions?: number | null;
            shareFromImage?: number | null;
        };
        TrafficSource: {
            bounce_rate: number | null;
            bounces: number;
            conversion: number | null;
            pages_per_session: number | null;
            purchases: number;
            sessions: number;
            /** @example google.com */
            source: string | null;
        };
        TrailEntry: {
            action: string;
            actor: string;
            at: string;
            details: {
                [key: string]: unknown;
            };
            why: string;
        };
        Trial: {
            answer_status: number | null;
            error: string;
            /** Format: uuid */
            event_id: string;
            seconds: number;
            stream: string;
            taken: boolean;
            type: string;
            /** @enum {string} */
            verdict: "delivered" | "retry" | "refused" | "gone" | "oversize";
        };
        TrialAnswer: {
            data: components["schemas"]["Trial"];
            /** @constant */
            status: "success";
        };
        UnclosedLetters: {
            more: boolean;
            new: number;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            new_since: string;
            open: number;
        };
        UnseenRevenue: {
            currency: string;
            /** @example 19.9900 */
            revenue: string;
            sales: number;
        };
        Usage: {
            adjustments: components["schemas"]["UsageAdjustment"][];
            from: string | null;
            hash: string | null;
            meters: components["schemas"]["MeterUsage"][];
            next_cursor: string | null;
            /** @example 2026-10 */
            period: string | null;
            state: ("open" | "closing" | "closed") | null;
            /** @constant */
            status: "success";
            /** Format: uuid */
            store_id: string;
            to: string | null;
        };
        UsageAdjustment: {
            count: number;
            /** @example 2026-09 */
            for_period: string;
            /** @example 12.5 */
            last_change: string;
            /** @example 12.5 */
            max_change: string;
            meter: string;
            /** @example 12.5 */
            sum: string;
        };
        UsageDay: {
            count: number;
            /** Format: date */
            day: string;
            /** @example 12.5 */
            last: string;
            /** @example 12.5 */
            max: string;
            /** @example 12.5 */
            sum: string;
        };
        UsageDays: {
            data: components["schemas"]["UsageDay"][];
            /** @constant */
            status: "success";
        };
        UsageStatementAnswer: {
            adjustments: components["schemas"]["UsageAdjustment"][];
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            closed_at: string;
            digest: string;
            events: number | null;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            from: string;
            hash: string | null;
            meters: components["schemas"]["MeterUsage"][];
            /** @example 2026-10 */
            period: string;
            /** @constant */
            status: "success";
            /** Format: uuid */
            store_id: string;
            text: string;
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            to: string;
            zone: string;
        };
        UsageStatementEntry: {
            /**
             * Format: date-time
             * @example 2026-01-31T08:00:00.000Z
             */
            closed_at: string;
            events: number | null;
            hash: string | null;
            /** @example 2026-10 */
            period: string;
        };
        UsageStatementList: {
            data: components["schemas"]["UsageStatementEntry"][];
            /** @constant */
            status: "success";
        };
        VariantDay: {
            difference: number | null;
            interval: components["schemas"]["IntervalShown"] | null;
            is_conclusive: boolean;
            lift: components["schemas"]["LiftShown"];
            units: number;
            variant_id: string;
        };
        VariantGiven: {
            is_control?: boolean;
            name?: string | null;
            page_template?: string | null;
            payload?: {
                [key: string]: unknown;
            } | null;
            slot_configuration?: components["schemas"]["SlotGiven"][] | null;
            slot_overrides?: {
                [key: string]: components["schemas"]["OverrideGiven"];
            } | null;
            /** @example green */
            variant_id: string;
            weight: number;
        };
        VariantShown: {
            is_control: boolean;
            name: string;
            page_template: string | null;
            payload: {
                [key: string]: unknown;
            };
            slot_configuration: components["schemas"]["SlotShown"][] | null;
            slot_overrides: {
                [key: string]: components["schemas"]["OverrideShown"];
            };
            variant_id: string;
            weight: number;
        };
        VariantUnitsShown: {
            expected_share: number;
            is_control: boolean;
            mature: number;
            name: string;
            so_far: number;
            variant_id: string;
        };
        VariantVerdictShown: {
            missing: components["schemas"]["NeedShown"][];
            /** @enum {string} */
            outcome: "invalid" | "collecting" | "better" | "worse" | "no_difference" | "not_yet";
            sentence: string;
            variant_id: string;
            was_conclusive_on: string | null;
        };
        VerdictShown: {
            leader: string | null;
            missing: components["schemas"]["NeedShown"][];
            /** @enum {string} */
            outcome: "invalid" | "collecting" | "better" | "worse" | "no_difference" | "not_yet";
            sentence: string;
            variants: components["schemas"]["VariantVerdictShown"][];
        };
        VisitorDay: {
            complete: boolean;
            /** Format: date */
            day: string;
            sessions: number;
            views: number;
            visitors: number;
        };
        VisitorFigures: {
            sessions: number;
            views: number;
            visitors: number;
        };
        Visitors: {
            comparison: components["schemas"]["VisitorsOfPeriod"] | null;
            from: string | null;
            series: components["schemas"]["VisitorDay"][];
            /** @constant */
            status: "success";
            to: string | null;
            totals: components["schemas"]["VisitorFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        VisitorsOfPeriod: {
            from: string | null;
            to: string | null;
            totals: components["schemas"]["VisitorFigures"];
            /** @example Europe/Berlin */
            tz: string;
        };
        Vital: {
            good: number | null;
            histogram: components["schemas"]["VitalBucket"][];
            mean: number | null;
            /** @enum {string} */
            metric: "CLS" | "FCP" | "INP" | "LCP" | "TTFB";
            needs_improvement: number | null;
            p50: number | null;
            /** @example 1834.5 */
            p75: number | null;
            poor: number | null;
            rating: ("good" | "needs_improvement" | "poor") | null;
            samples: number;
            series: components["schemas"]["VitalDay"][];
            /** @enum {string} */
            unit: "ms" | "score";
        };
        VitalBucket: {
            above: number;
            samples: number;
            up_to: number;
        };
        VitalDay: {
            complete: boolean;
            /** Format: date */
            day: string;
            p75: number;
            /** @enum {string} */
            rating: "good" | "needs_improvement" | "poor";
            samples: number;
        };
        VitalFigures: {
            good: number | null;
            mean: number | null;
            /** @enum {string} */
            metric: "CLS" | "FCP" | "INP" | "LCP" | "TTFB";
            needs_improvement: number | null;
            p50: number | null;
            /** @example 1834.5 */
            p75: number | null;
            poor: number | null;
            rating: ("good" | "needs_improvement" | "poor") | null;
            samples: number;
            /** @enum {string} */
            unit: "ms" | "score";
        };
        VitalPage: {
            good: number | null;
            needs_improvement: number | null;
            /** @example 1834.5 */
            p75: number | null;
            /** @example /cart */
            page: string | null;
            poor: number | null;
            rating: ("good" | "needs_improvement" | "poor") | null;
            samples: number;
        };
        VitalPages: {
            data: components["schemas"]["VitalPage"][];
            from: string | null;
            /** @enum {string} */
            metric: "CLS" | "FCP" | "INP" | "LCP" | "TTFB";
            more: boolean;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example 42 */
            total: number;
            /** @example Europe/Berlin */
            tz: string;
            /** @enum {string} */
            unit: "ms" | "score";
        };
        Vitals: {
            comparison: components["schemas"]["VitalsOfPeriod"] | null;
            data: components["schemas"]["Vital"][];
            from: string | null;
            /** @constant */
            status: "success";
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        VitalsOfPeriod: {
            data: components["schemas"]["VitalFigures"][];
            from: string | null;
            to: string | null;
            /** @example Europe/Berlin */
            tz: string;
        };
        WaitingEvents: {
            events: number;
            more: boolean;
            oldest_at: string | null;
        };
        WinnerGiven: {
            winner?: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: {
        RequestId: string;
        RetryAfter: number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_experiments: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
                status?: ("draft" | "running" | "paused" | "completed" | "archived") | null;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentPage"];
                };
            };
        };
    };
    create_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExperimentGiven"];
            };
        };
        responses: {
            201: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    get_experiment_plan: {
        parameters: {
            query?: {
                alpha?: number;
                baseline?: number | null;
                days?: number | null;
                deviation?: number | null;
                effect?: number | null;
                metric?: "share" | "revenue";
                power?: number;
                source?: string;
                split?: string;
                traffic?: number;
                visitors_per_day?: number | null;
                window_hours?: number;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentPlanAnswer"];
                };
            };
        };
    };
    show_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    change_experiment: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExperimentGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    remove_experiment: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentRemoved"];
                };
            };
        };
    };
    archive_experiment: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    complete_experiment: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WinnerGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    pause_experiment: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    preview_experiment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewAnswer"];
                };
            };
        };
    };
    get_experiment_results: {
        parameters: {
            query?: {
                phase?: number | null;
            };
            header?: never;
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentResultsAnswer"];
                };
            };
        };
    };
    list_experiment_days: {
        parameters: {
            query?: {
                metric?: string | null;
                phase?: number | null;
            };
            header?: never;
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentDaysAnswer"];
                };
            };
        };
    };
    resume_experiment: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    start_experiment: {
        parameters: {
            query?: never;
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                store_id: string;
                test_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExperimentAnswer"];
                };
            };
        };
    };
    list_countries: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                order?: ("asc" | "desc") | null;
                search?: string | null;
                sort?: "sessions" | "purchases" | "conversion" | "bounces" | "bounce_rate" | "pages_per_session" | "name";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Countries"];
                };
            };
        };
    };
    get_funnel: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Funnel"];
                };
            };
        };
    };
    list_live_events: {
        parameters: {
            query?: {
                kind?: "all" | "rejected" | "duplicate";
                store_id?: string | null;
                stream?: string | null;
                type?: string | null;
            };
            header?: {
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data?: string;
                        event?: string;
                        id?: string;
                    };
                };
            };
        };
    };
    get_live_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                live_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveEventAnswer"];
                };
            };
        };
    };
    get_overview: {
        parameters: {
            query?: {
                bucket?: "hour" | "day" | "auto";
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
        };
    };
    list_pages: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                order?: ("asc" | "desc") | null;
                search?: string | null;
                sort?: "views" | "entries" | "exits" | "name";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SeenPages"];
                };
            };
        };
    };
    get_pixel_coverage: {
        parameters: {
            query?: {
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PixelCoverageOfPeriod"];
                };
            };
        };
    };
    list_products: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                order?: ("asc" | "desc") | null;
                search?: string | null;
                sort?: "views" | "adds" | "removes" | "purchases" | "units" | "cart_rate" | "purchase_rate" | "name";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Products"];
                };
            };
        };
    };
    get_revenue: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revenue"];
                };
            };
        };
    };
    list_searches: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                order?: ("asc" | "desc") | null;
                search?: string | null;
                sort?: "searches" | "name";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Searches"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                session_id?: string | null;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
                visitor_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionPage"];
                };
            };
        };
    };
    list_sources: {
        parameters: {
            query?: {
                by?: "source" | "medium" | "campaign";
                compare?: ("previous_period" | "previous_year") | null;
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                order?: ("asc" | "desc") | null;
                search?: string | null;
                sort?: "sessions" | "purchases" | "conversion" | "bounces" | "bounce_rate" | "pages_per_session" | "name";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sources"];
                };
            };
        };
    };
    get_bot_stats: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                interval?: "day" | "hour";
                limit?: number;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BotStatsAnswer"];
                };
            };
        };
    };
    list_bot_users: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
                order?: "asc" | "desc";
                search?: string | null;
                sort?: "client_id" | "first_seen" | "last_seen" | "events" | "messages" | "user_messages" | "ai_messages" | "images" | "premium_actions" | "persona" | "story";
                store_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BotUserPage"];
                };
            };
        };
    };
    list_bot_events: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                order?: "asc" | "desc";
                store_id?: string | null;
                to?: (string) | null;
                types?: string | null;
                tz?: string | null;
            };
            header?: never;
            path: {
                client_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChatEventPage"];
                };
            };
        };
    };
    get_visitors: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Visitors"];
                };
            };
        };
    };
    list_changes: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
                object?: string | null;
                store_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
        };
    };
    list_campaigns: {
        parameters: {
            query?: {
                currency?: string | null;
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                sort?: "-people" | "people" | "-opens" | "opens" | "-orders" | "orders" | "-revenue" | "revenue" | "-conversion" | "conversion" | "-campaign_id" | "campaign_id";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CampaignsAnswer"];
                };
            };
        };
    };
    get_campaign_stats: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path: {
                campaign_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CampaignAnswer"];
                };
            };
        };
    };
    get_campaign_stats_of_store: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CampaignStoreAnswer"];
                };
            };
        };
    };
    get_cart_analytics: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                customerEmail?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                interval?: "day" | "hour";
                limit?: number;
                sessionId?: string | null;
                storeId?: string | null;
                storeName?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CartAnalyticsAnswer"];
                };
            };
        };
    };
    list_cart_events: {
        parameters: {
            query?: {
                cursor?: string | null;
                customerEmail?: string | null;
                from?: (string) | null;
                image?: ("generated" | "person" | "clothing" | "none") | null;
                include_bots?: boolean;
                limit?: number;
                order?: ("asc" | "desc") | null;
                productId?: string | null;
                sessionId?: string | null;
                sort?: "created_at" | "store" | "product" | "variant" | "customer" | "image";
                storeId?: string | null;
                storeName?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CartPage"];
                };
            };
        };
    };
    export_cart_events: {
        parameters: {
            query?: {
                customerEmail?: string | null;
                format?: "csv" | "xlsx";
                from?: (string) | null;
                image?: ("generated" | "person" | "clothing" | "none") | null;
                include_bots?: boolean;
                productId?: string | null;
                sessionId?: string | null;
                storeId?: string | null;
                storeName?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
        };
    };
    list_session_carts: {
        parameters: {
            query: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                session_id?: string | null;
                state?: ("open" | "abandoned" | "recovered" | "purchased" | "closed") | null;
                store_id: string;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionCartPage"];
                };
            };
        };
    };
    list_custom_events: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                search?: string | null;
                sort?: "events" | "name";
                store_id?: string | null;
                stream?: ("activity" | "landing" | "bot") | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomEvents"];
                };
            };
        };
    };
    list_custom_event_days: {
        parameters: {
            query: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                name: string;
                store_id?: string | null;
                stream?: ("activity" | "landing" | "bot") | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomEventDays"];
                };
            };
        };
    };
    list_custom_event_properties: {
        parameters: {
            query: {
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                name: string;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventProperties"];
                };
            };
        };
    };
    list_activity: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                name?: string | null;
                /** @example pro */
                "property.plan"?: string;
                session_id?: string | null;
                store_id?: string | null;
                to?: (string) | null;
                type?: ("page_view" | "product_view" | "add_to_cart" | "remove_from_cart" | "checkout_start" | "purchase" | "search" | "custom") | null;
                tz?: string | null;
                visitor_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityPage"];
                };
            };
        };
    };
    list_dead_letters: {
        parameters: {
            query?: {
                cursor?: string | null;
                destination_id?: string | null;
                limit?: number;
                reason?: string | null;
                since?: string | null;
                stage?: string | null;
                status?: "open" | "quarantined" | "reprocessing" | "resolved" | "discarded" | "all";
                store_id?: string | null;
                stream?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LetterPage"];
                };
            };
        };
    };
    get_dead_letter: {
        parameters: {
            query?: {
                raw?: boolean;
            };
            header?: never;
            path: {
                dead_letter_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LetterAnswer"];
                };
            };
        };
    };
    discard_dead_letters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiscardRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscardAnswer"];
                };
            };
        };
    };
    list_dead_letter_groups: {
        parameters: {
            query?: {
                destination_id?: string | null;
                reason?: string | null;
                since?: string | null;
                stage?: string | null;
                status?: "open" | "quarantined" | "reprocessing" | "resolved" | "discarded" | "all";
                store_id?: string | null;
                stream?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupsAnswer"];
                };
            };
        };
    };
    reopen_dead_letters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReopenRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReopenAnswer"];
                };
            };
        };
    };
    replay_dead_letters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayAnswer"];
                };
            };
        };
    };
    get_replay_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAnswer"];
                };
            };
        };
    };
    list_destination_health: {
        parameters: {
            query?: {
                store_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationsHealth"];
                };
            };
        };
    };
    get_destination_health: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                destination: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationHealthAnswer"];
                };
            };
        };
    };
    list_deliveries: {
        parameters: {
            query?: {
                cursor?: string | null;
                destination?: string | null;
                event_id?: string | null;
                limit?: number;
                since?: string | null;
                sort?: "-received_at" | "received_at";
                status?: ("pending" | "sent" | "failed" | "skipped") | null;
                store_id?: string | null;
                stream?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
        };
    };
    get_deliveries_of_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveriesOfEvent"];
                };
            };
        };
    };
    resend_event: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResendRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Resent"];
                };
            };
        };
    };
    get_delivery_stats: {
        parameters: {
            query?: {
                destination?: string | null;
                refresh?: boolean;
                store_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatsAnswer"];
                };
            };
        };
    };
    list_destinations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationList"];
                };
            };
        };
    };
    add_destination: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDestination"];
            };
        };
        responses: {
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeAnswer"];
                };
            };
        };
    };
    show_destination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                destination: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationAnswer"];
                };
            };
        };
    };
    remove_destination: {
        parameters: {
            query?: {
                discard?: boolean;
            };
            header?: never;
            path: {
                destination: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
        };
    };
    change_destination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                destination: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Changes"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationAnswer"];
                };
            };
        };
    };
    rotate_secret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                destination: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSecret"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeAnswer"];
                };
            };
        };
    };
    retire_secrets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                destination: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationAnswer"];
                };
            };
        };
    };
    try_destination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                destination: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialAnswer"];
                };
            };
        };
    };
    get_pipeline: {
        parameters: {
            query?: {
                store_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelineState"];
                };
            };
        };
    };
    get_overlay: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OverlayAsked"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OverlayAnswer"];
                };
            };
        };
    };
    get_heatmap: {
        parameters: {
            query: {
                device?: ("mobile" | "tablet" | "desktop" | "unknown") | null;
                from?: (string) | null;
                include_bots?: boolean;
                kind?: ("click" | "scroll" | "hover") | null;
                limit?: number;
                page: string;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeatmapAnswer"];
                };
            };
        };
    };
    create_overlay_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OverlayLinkGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OverlayLinkAnswer"];
                };
            };
        };
    };
    list_heatmap_pages: {
        parameters: {
            query?: {
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PagesAnswer"];
                };
            };
        };
    };
    list_heatmap_pictures: {
        parameters: {
            query: {
                page: string;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PictureList"];
                };
            };
        };
    };
    change_heatmap_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PictureGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PutPictureAnswer"];
                };
            };
        };
    };
    get_heatmap_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                picture_id: string;
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                };
            };
        };
    };
    remove_heatmap_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                picture_id: string;
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PictureRemoved"];
                };
            };
        };
    };
    list_keys: {
        parameters: {
            query?: {
                cursor?: string | null;
                include_ended?: boolean;
                limit?: number;
                store_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyPage"];
                };
            };
        };
    };
    create_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKeyAnswer"];
                };
            };
        };
    };
    show_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyAnswer"];
                };
            };
        };
    };
    revoke_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyAnswer"];
                };
            };
        };
    };
    change_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyChanges"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyAnswer"];
                };
            };
        };
    };
    rotate_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyRotation"];
            };
        };
        responses: {
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKeyAnswer"];
                };
            };
        };
    };
    list_landing_pages: {
        parameters: {
            query?: {
                currency?: string | null;
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                sort?: "-visits" | "visits" | "-views" | "views" | "-clicks" | "clicks" | "-purchases" | "purchases" | "-revenue" | "revenue" | "-conversion" | "conversion" | "-landing_page_id" | "landing_page_id";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LandingPagesAnswer"];
                };
            };
        };
    };
    get_landing_stats: {
        parameters: {
            query?: {
                campaign_id?: string | null;
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path: {
                landing_page_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LandingAnswer"];
                };
            };
        };
    };
    get_landing_stats_of_store: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LandingStoreAnswer"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeAnswer"];
                };
            };
        };
    };
    list_meters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeterList"];
                };
            };
        };
    };
    change_meter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                meter: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MeterGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeterAnswer"];
                };
            };
        };
    };
    list_orders: {
        parameters: {
            query?: {
                channel?: string | null;
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                seen?: boolean | null;
                status?: ("created" | "paid" | "refunded" | "cancelled") | null;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderPage"];
                };
            };
        };
    };
    get_reconciliation: {
        parameters: {
            query?: {
                channel?: string | null;
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliation"];
                };
            };
        };
    };
    change_page_config: {
        parameters: {
            query?: {
                store_id?: string | null;
            };
            header?: {
                "If-Match"?: string | null;
            };
            path: {
                page_type: string;
                slug: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PageGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    ETag?: string;
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageConfigAnswer"];
                };
            };
        };
    };
    list_page_configs: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
                page_type?: string | null;
                store_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageConfigList"];
                };
            };
        };
    };
    list_people: {
        parameters: {
            query?: {
                bought?: boolean | null;
                country?: string | null;
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: false;
                kind?: "all" | "bot" | "shop";
                limit?: number;
                sort?: "-last_seen" | "last_seen" | "-first_seen" | "first_seen" | "-name" | "name" | "-events" | "events" | "-messages" | "messages" | "-images" | "images" | "-orders" | "orders" | "-spent" | "spent";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeoplePage"];
                };
            };
        };
    };
    get_person: {
        parameters: {
            query?: {
                store_id?: string | null;
            };
            header?: never;
            path: {
                person: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonAnswer"];
                };
            };
        };
    };
    list_person_events: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: false;
                kinds?: string | null;
                limit?: number;
                order?: "asc" | "desc";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path: {
                person: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonEventPage"];
                };
            };
        };
    };
    export_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PeopleExport"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
        };
    };
    search_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PeopleSearch"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeoplePage"];
                };
            };
        };
    };
    list_plans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanList"];
                };
            };
        };
    };
    show_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanAnswer"];
                };
            };
        };
    };
    change_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanGiven"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanAnswer"];
                };
            };
        };
    };
    remove_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                plan: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanList"];
                };
            };
        };
    };
    create_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionAnswer"];
                };
            };
        };
    };
    end_own_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_stores: {
        parameters: {
            query?: {
                cursor?: string | null;
                domain?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorePage"];
                };
            };
        };
    };
    create_store: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewStore"];
            };
        };
        responses: {
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreAnswer"];
                };
            };
        };
    };
    show_store: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreAnswer"];
                };
            };
        };
    };
    change_store: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StoreChanges"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreAnswer"];
                };
            };
        };
    };
    show_store_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssignedPlans"];
                };
            };
        };
    };
    change_store_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanToAssign"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssignedPlans"];
                };
            };
        };
    };
    list_store_secrets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretList"];
                };
            };
        };
    };
    add_store_secret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                kind: "signing" | "shopify" | "telegram_bot_token" | "telegram_bot_id";
                store_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecretToSet"];
            };
        };
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretSet"];
                };
            };
        };
    };
    remove_store_secrets: {
        parameters: {
            query?: {
                secret_id?: string | null;
            };
            header?: never;
            path: {
                kind: "signing" | "shopify" | "telegram_bot_token" | "telegram_bot_id";
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecretList"];
                };
            };
        };
    };
    list_streams: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamList"];
                };
            };
        };
    };
    list_stream_events: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: (string) | null;
                include_bots?: boolean;
                limit?: number;
                session_id?: string | null;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path: {
                stream: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
        };
    };
    get_usage: {
        parameters: {
            query?: {
                cursor?: string | null;
                from?: string | null;
                limit?: number;
                period?: string | null;
                to?: string | null;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
        };
    };
    list_usage_days: {
        parameters: {
            query: {
                from: string;
                meter: string;
                to: string;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageDays"];
                };
            };
        };
    };
    show_store_limits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoreLimitsAnswer"];
                };
            };
        };
    };
    list_usage_statements: {
        parameters: {
            query?: {
                before?: string | null;
                limit?: number;
            };
            header?: never;
            path: {
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageStatementList"];
                };
            };
        };
    };
    get_usage_statement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                period: string;
                store_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageStatementAnswer"];
                };
            };
        };
    };
    get_web_vitals: {
        parameters: {
            query?: {
                compare?: ("previous_period" | "previous_year") | null;
                from?: (string) | null;
                include_bots?: boolean;
                metric?: ("CLS" | "FCP" | "INP" | "LCP" | "TTFB") | null;
                page?: string | null;
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vitals"];
                };
            };
        };
    };
    list_web_vitals_pages: {
        parameters: {
            query: {
                from?: (string) | null;
                include_bots?: boolean;
                least_samples?: number;
                limit?: number;
                metric: "CLS" | "FCP" | "INP" | "LCP" | "TTFB";
                sort?: "samples" | "p75";
                store_id?: string | null;
                to?: (string) | null;
                tz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VitalPages"];
                };
            };
        };
    };
    list_customers: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
                page?: number | null;
                store_id?: string | null;
                updated_at_max?: string | null;
                updated_at_min?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerPage"];
                };
            };
        };
    };
    get_customer: {
        parameters: {
            query?: {
                store_id?: string | null;
            };
            header?: never;
            path: {
                customer: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomerAnswer"];
                };
            };
        };
    };
    get_customers_meta: {
        parameters: {
            query?: {
                limit?: number;
                store_id?: string | null;
                updated_at_max?: string | null;
                updated_at_min?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomersMeta"];
                };
            };
        };
    };
}
