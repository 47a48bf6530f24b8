DROP TABLE heatmap_elements, heatmap_views, heatmap_scroll, heatmap_cells, pages;
DROP TYPE heatmap_kind;
DROP TYPE heatmap_device;
DELETE FROM partitioned_tables WHERE parent = 'heatmap_cells';
