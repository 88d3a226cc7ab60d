// Worker threads, buffers, timers and hashes in node.
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");
const crypto = require("crypto");
if (isMainThread) {
  Promise.all([1, 2, 3, 4].map((n) => new Promise((done, failed) => {
    const worker = new Worker(__filename, { workerData: n });
    worker.on("message", done);
    worker.on("error", failed);
  }))).then((all) => console.log(all.join(" ")));
} else {
  const kept = [];
  for (let i = 0; i < 2000; ++i) kept.push(Buffer.alloc(i % 5000, workerData));
  parentPort.postMessage(crypto.createHash("sha256").update(Buffer.concat(kept)).digest("hex").slice(0, 12));
}
