// What a page of another origin tries with the session of somebody who visits it. `target`: the query
// service; `key`: of the attacker. Answers what came of each try.
async ([target, key]) => {
  const failed = () => "failed";
  const body = JSON.stringify({ domain: "attack.example" });
  const send = (path, init) =>
    fetch(target + path, { method: "POST", credentials: "include", ...init }).then((answer) => answer.type, failed);
  const plain = (path, text) =>
    send(path, { mode: "no-cors", body: text, headers: { "content-type": "text/plain" } });

  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action: `${target}/api/stores`, enctype: "text/plain", target: "sink" });
  const field = document.createElement("input");
  Object.assign(field, { name: '{"domain":"attack.example","name":"', value: '"}' });
  form.append(field);
  document.body.append(form);
  form.submit();

  const headers = { "content-type": "application/json", "X-Storepulse-Console": "1" };
  return {
    plain: await plain("/api/stores", body),
    asked: await send("/api/stores", { body, headers }),
    signedIn: await plain("/api/session", JSON.stringify({ key })),
    signedOut: await send("/api/session", { method: "DELETE" }),
    read: await fetch(`${target}/api/me`, { credentials: "include" }).then((answer) => answer.text(), failed),
    script: await new Promise((tell) => {
      const script = document.createElement("script");
      script.src = `${target}/api/me`;
      script.onload = () => tell("ran");
      script.onerror = () => tell("failed");
      document.body.append(script);
    }),
  };
}
