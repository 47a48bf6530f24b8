DROP TABLE product_sales_daily, order_lines, orders;
DROP TYPE order_status;
