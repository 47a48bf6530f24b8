-- Pictures of pages, over which the console draws heatmaps.

CREATE TABLE heatmap_pictures (
    picture_id uuid PRIMARY KEY,
    store_id   uuid NOT NULL,
    page       text NOT NULL,
    page_hash  bytea NOT NULL GENERATED ALWAYS AS (text_hash(page)) STORED,
    device     heatmap_device NOT NULL CHECK (device <> 'unknown'),
    media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/webp')),
    width      int NOT NULL CHECK (width BETWEEN 1 AND 20000),
    height     int NOT NULL CHECK (height BETWEEN 1 AND 40000),
    picture    bytea NOT NULL CHECK (octet_length(picture) <= 4000000),
    elements   jsonb NOT NULL,
    source     text NOT NULL CHECK (source IN ('captured', 'uploaded')),
    taken_at   timestamptz NOT NULL,
    taken_by   text NOT NULL,
    UNIQUE (store_id, page_hash, device)
);
-- A picture is packed already.
ALTER TABLE heatmap_pictures ALTER COLUMN picture SET STORAGE EXTERNAL;
COMMENT ON TABLE heatmap_pictures IS 'The newest picture of each page and class of device';
COMMENT ON COLUMN heatmap_pictures.width IS 'In CSS pixels of the page, as is height; the file may have more or fewer';
COMMENT ON COLUMN heatmap_pictures.elements IS
    'Where elements with events lie on the page: selector, name, x, y, width, height';

GRANT SELECT, INSERT, UPDATE, DELETE ON heatmap_pictures TO storepulse_query, storepulse_operator;
