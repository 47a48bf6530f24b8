-- What waits is rare among what was sent: it is listed and counted without reading the others.
CREATE INDEX deliveries_pending ON deliveries (received_at) WHERE status = 'pending';
