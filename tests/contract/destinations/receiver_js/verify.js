// Verifies messages as a receiver in JavaScript does: reads {secret, headers, body} as JSON, one a
// line, and prints "ok" or the library's reason for each.
const { createInterface } = require("node:readline");
const { Webhook } = require("standardwebhooks");

createInterface({ input: process.stdin }).on("line", (line) => {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers);
    console.log("ok");
  } catch (error) {
    console.log(error.message);
  }
});
