// Asks a service from this very page, with an access token that is held here and nowhere else: in a variable, until the
// page is closed.
const button = document.getElementById("ask");
const said = document.getElementById("said");

button?.addEventListener("click", async () => {
    said.textContent = "Asking …";
    try {
        const given = await fetch(button.dataset.token, { method: "POST", headers: { accept: "application/json" } });
        const answer = await given.json();
        if (!given.ok) throw new Error(answer.message);
        const authorization = `${button.dataset.scheme} ${answer.access_token}`;
        const whose = await fetch(button.dataset.whose, { headers: { authorization }, credentials: "omit" });
        if (!whose.ok) throw new Error(`${button.dataset.service} answered ${whose.status}.`);
        const account = await whose.json();
        const name = account.display_name ?? account.username ?? account.items?.[0]?.snippet?.title ?? account.id;
        said.textContent = `${button.dataset.service} told this browser itself: you are ${name}.`;
    } catch (error) {
        said.textContent = `That did not work. ${error.message}`;
    }
});
