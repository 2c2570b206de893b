/** Told by the browser's maker while no page of Salon is open: shows that there is something, and leads there. */
const worker = /** @type {any} */ (self);

worker.addEventListener("push", (/** @type {any} */ event) => {
  const told = event.data?.json() ?? {};
  const shown = worker.registration.showNotification("Salon", {
    body: String(told.body ?? ""),
    tag: String(told.tag ?? "notice"),
    data: { url: String(told.url ?? "/notices/") },
  });
  event.waitUntil(shown);
});

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  const target = new URL(event.notification.data.url, worker.location.origin);
  if (target.origin === worker.location.origin) event.waitUntil(worker.clients.openWindow(target.href));
});
