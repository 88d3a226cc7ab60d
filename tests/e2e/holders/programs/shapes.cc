// The shapes in which a broker keeps what it has: a table of sessions, each with a queue; an array of kept messages; an
// object with virtual functions that has another one; what only a thread's stack holds. Prints "ready" and waits.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define WAY __attribute__((noinline))

struct Message {
  Message *next, *previous;
  char* payload;
};
struct Session {
  char* id;
  struct {
    long inflight;
    Message* queued;
  } out;
  Session* next;
};
struct Database {
  long version;
  Session* sessions;
  Message** kept;
};
Database db;

class Link {
 public:
  virtual ~Link() = default;
  long state = 1;
};
class Bridge : public Link {
 public:
  WAY Bridge() : buffer(static_cast<char*>(std::malloc(300))) {}
  ~Bridge() override { std::free(buffer); }
  Bridge(const Bridge&) = delete;
  char* buffer;
  Link* peer = nullptr;
};
Link* bridge;

WAY char* CopyText(const char* text) { return strcpy(static_cast<char*>(std::malloc(strlen(text) + 1)), text); }

WAY Session* OpenSession(const char* id) {
  auto* session = static_cast<Session*>(std::calloc(1, sizeof(Session)));
  session->id = CopyText(id);
  session->next = db.sessions;
  return db.sessions = session;
}
WAY void QueueMessage(Session* session) {
  auto* message = static_cast<Message*>(std::calloc(1, sizeof(Message)));
  message->next = session->out.queued;
  if (message->next != nullptr) message->next->previous = message;
  session->out.queued = message;
}
WAY void WritePayloads(Session* session) {
  for (Message* message = session->out.queued; message != nullptr; message = message->next)
    message->payload = static_cast<char*>(std::malloc(100));
}
WAY void KeepMessages(int count) {
  db.kept = static_cast<Message**>(std::calloc(static_cast<std::size_t>(count), sizeof(Message*)));
  for (int i = 0; i < count; ++i) db.kept[i] = static_cast<Message*>(std::calloc(1, sizeof(Message)));
}
WAY void OpenBridge() {
  auto* opened = new Bridge;
  opened->peer = new Bridge;
  bridge = opened;
}
WAY void LoseText() { CopyText("a text that nobody has"); }

std::atomic<bool> settled;
WAY void HoldBelow() {
  void* volatile held = std::malloc(555);
  settled = true;
  settled.notify_one();
  for (;;) pause();
  (void)held;
}
/// Far from what the C library has at the other end of the stack.
WAY void* Worker(void*) {
  volatile char distance[50'000];
  distance[0] = 0;
  HoldBelow();
  (void)distance[1];
  return nullptr;
}

int main() {
  const char* const ids[] = {"pump1", "pump2", "pump3"};
  for (const char* id : ids) {
    Session* session = OpenSession(id);
    for (int i = 0; i < 100; ++i) QueueMessage(session);
    WritePayloads(session);
  }
  KeepMessages(40);
  OpenBridge();
  LoseText();
  pthread_t thread;
  pthread_create(&thread, nullptr, &Worker, nullptr);
  settled.wait(false);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) pause();
}
