/** Why this page needs a separate scope. */
export const WHY_OPS =
  "Dead letters are events as they came, with addresses and names in them, and a replay changes what is counted. So they are for those who run the pipeline.";
