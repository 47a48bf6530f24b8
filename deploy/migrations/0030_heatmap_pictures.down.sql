DROP TABLE heatmap_pictures;
