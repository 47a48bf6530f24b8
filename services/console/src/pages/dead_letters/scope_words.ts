/** Why a key needs a scope of its own for this page. */
export const WHY_OPS =
  "Dead letters are events as they came, with addresses and names in them, and a replay changes what is counted. So they are for those who run the pipeline.";
