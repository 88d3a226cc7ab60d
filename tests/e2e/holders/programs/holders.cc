// Every way to hold a block, and a few to lose one. Each block is made by a function that bears the name of its way:
// Keep… for what something in the process points to, Lose… for what nothing does, Hide… for what is held in a way that
// no pointer shows. Prints "ready" and waits.
//
// Losses are made far below main's stack frame, so that no stale copy of a pointer lies in a part of the stack that is
// in use.
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "holder_library.h"

#define WAY __attribute__((noinline))

namespace {

struct Node {
  Node* next;
  char filling[40];
};
Node* Linked(void* memory, Node* next) {
  auto* node = static_cast<Node*>(memory);
  node->next = next;
  return node;
}
// A macro, so that the block is made by the function that uses it.
#define NewNode(next) Linked(std::malloc(sizeof(Node)), next)

// --- lost

WAY void LoseBlock() { static_cast<char*>(std::malloc(1000))[0] = 1; }
WAY void LoseTree() {
  auto** top = static_cast<void**>(std::malloc(3 * sizeof(void*)));
  for (int i = 0; i < 3; ++i) top[i] = std::malloc(100);
}
WAY void LoseRing() {
  Node* last = NewNode(nullptr);
  last->next = NewNode(NewNode(last));
}
WAY void LoseTail() {  // a ring, and a list that hangs from it
  Node* last = NewNode(nullptr);
  last->next = NewNode(last);
  auto** hanging = reinterpret_cast<Node**>(last->filling);
  *hanging = NewNode(NewNode(nullptr));
}
WAY void LoseBehindItself() {  // points to itself only
  Node* node = NewNode(nullptr);
  node->next = node;
}

// --- held by a pointer that shows

Node* list_head;
WAY void KeepList() {
  for (int i = 0; i < 5; ++i) list_head = NewNode(list_head);
}
char* inside;
WAY void KeepInside() { inside = static_cast<char*>(std::malloc(500)) + 123; }
std::uintptr_t tagged;
WAY void KeepTagged() { tagged = reinterpret_cast<std::uintptr_t>(std::malloc(64)) | 5; }
void* empty;
WAY void KeepEmpty() { empty = std::malloc(0); }

struct First {
  virtual ~First() = default;
  long a = 1;
};
struct Second {
  virtual ~Second() = default;
  long b = 2;
};
struct Both : First, Second {
  long c = 3;
};
Second* second_base;
WAY void KeepBySecondBase() { second_base = new Both; }

std::map<int, std::string>* tree;
WAY void KeepMap() {
  tree = new std::map<int, std::string>;
  for (int i = 0; i < 50; ++i) (*tree)[i] = std::string(100, 'x');
}
std::unordered_map<std::string, std::vector<int>>* table;
WAY void KeepHashTable() {
  table = new std::unordered_map<std::string, std::vector<int>>;
  for (int i = 0; i < 50; ++i) (*table)["a key that is longer than the string itself " + std::to_string(i)] = {1, 2, 3};
}
std::deque<int>* queue;
WAY void KeepDeque() {
  queue = new std::deque<int>;
  for (int i = 0; i < 5000; ++i) queue->push_back(i);
  for (int i = 0; i < 2000; ++i) queue->pop_front();
}
std::list<int>* linked;
WAY void KeepLinked() { linked = new std::list<int>(20, 7); }
std::shared_ptr<long>* shared;
WAY void KeepShared() { shared = new std::shared_ptr<long>(new long(1)); }
std::weak_ptr<Both>* weak;
WAY void KeepControlBlock() { weak = new std::weak_ptr<Both>(std::make_shared<Both>()); }

// As uthash: the handle is in the middle of each element, and the table points to handles.
struct Handle {
  Handle *previous, *next;
};
struct Element {
  char key[24];
  Handle handle;
  char value[32];
};
Handle* buckets[4];
WAY void KeepByHandles() {
  for (int i = 0; i < 12; ++i) {
    auto* element = static_cast<Element*>(std::calloc(1, sizeof(Element)));
    element->handle.next = buckets[i % 4];
    if (buckets[i % 4] != nullptr) buckets[i % 4]->previous = &element->handle;
    buckets[i % 4] = &element->handle;
  }
}

thread_local void* own_variable;
WAY void KeepInThreadVariable() { own_variable = std::malloc(71); }

WAY void KeepSpecific() {
  // Further ones than the first 32 lie in a block of their own.
  static pthread_key_t keys[40];
  for (pthread_key_t& key : keys) {
    pthread_key_create(&key, nullptr);
    pthread_setspecific(key, std::malloc(72));
  }
}

WAY void KeepInMapping() {
  auto** arena =
      static_cast<void**>(mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  arena[1234] = std::malloc(73);
}
WAY void KeepBelowBreak() {  // among what the C library's allocator has there
  auto** words = static_cast<void**>(sbrk(1 << 14));
  words[77] = std::malloc(87);
}
void* large;
WAY void KeepLarge() {
  large = std::malloc(1 << 20);
  static_cast<void**>(large)[100'000] = std::malloc(74);
}

// --- threads

std::atomic<int> settled;
void WaitFor(int count) {
  while (settled < count) usleep(1000);
}

WAY void* KeepOnStack(void*) {
  void* volatile slot = std::malloc(75);
  ++settled;
  for (;;) pause();
  return slot;
}
WAY void* KeepInRegister(void*) {
  void* word = std::malloc(76);
  ++settled;
  for (;;) asm volatile("" : "+r"(word));
}
void OnSignal(int) {
  void* volatile slot = std::malloc(77);
  ++settled;
  for (;;) pause();
  (void)slot;
}
WAY void* KeepBelowSignal(void*) {
  void* volatile slot = std::malloc(78);
  stack_t stack{};
  stack.ss_size = 1 << 16;
  stack.ss_sp = mmap(nullptr, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = &OnSignal;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, nullptr);
  raise(SIGUSR1);
  return slot;
}
WAY void* KeepAsResult(void*) { return std::malloc(79); }
WAY void* LoseWithThread(void*) {
  void* volatile slot = std::malloc(80);
  own_variable = std::malloc(81);
  (void)slot;
  return nullptr;
}
void StartThread(void* (*start)(void*)) {
  pthread_t thread;
  pthread_create(&thread, nullptr, start, nullptr);
}
/// Ended, and not joined.
void RunThread(void* (*start)(void*)) {
  StartThread(start);
  for (;;) {
    int tasks = 0;
    DIR* folder = opendir("/proc/self/task");
    while (const dirent* entry = readdir(folder)) tasks += entry->d_name[0] != '.';
    closedir(folder);
    if (tasks == 1) return;
  }
}

// --- held by the kernel

WAY void KeepInEpoll() {
  const int epoll = epoll_create1(0);
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = std::malloc(84);
  epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
}
WAY void KeepInTimer() {
  timer_t timer;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR2;
  event.sigev_value.sival_ptr = std::malloc(85);
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) std::abort();
}

// --- held in a way that no pointer shows

std::uintptr_t masked;
WAY void HideByMask() { masked = reinterpret_cast<std::uintptr_t>(std::malloc(82)) ^ 0x5555555555555555; }
char* offset_base;
std::uint32_t offset;
WAY void HideAsOffset() {
  offset_base = reinterpret_cast<char*>(&offset);
  static std::uint32_t halves[2];
  const auto word = reinterpret_cast<std::uintptr_t>(std::malloc(83));
  halves[0] = static_cast<std::uint32_t>(word >> 3);  // as a compressed pointer
  halves[1] = static_cast<std::uint32_t>(word >> 35);
  offset = halves[0];
}
/// Calls `way` so far down that its frames are not met again.
WAY void FarBelow(void (*way)()) {
  volatile char distance[100'000];
  distance[0] = 0;
  way();
  (void)distance[1];
}

}  // namespace

int main(int, char** arguments) {
  RunThread(&KeepAsResult);
  RunThread(&LoseWithThread);
  void (*const ways[])() = {
      &LoseBlock,    &LoseTree,      &LoseRing,       &LoseTail,         &LoseBehindItself, &KeepList,
      &KeepInside,   &KeepTagged,    &KeepEmpty,      &KeepBySecondBase, &KeepMap,          &KeepHashTable,
      &KeepDeque,    &KeepLinked,    &KeepShared,     &KeepControlBlock, &KeepByHandles,    &KeepInThreadVariable,
      &KeepSpecific, &KeepInMapping, &KeepBelowBreak, &KeepLarge,        &HideByMask,       &HideAsOffset,
      &KeepInEpoll,  &KeepInTimer,   &KeepInLibrary};
  for (void (*way)() : ways) FarBelow(way);
  void* plugin = dlopen(arguments[1], RTLD_NOW);
  if (plugin == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  FarBelow(reinterpret_cast<void (*)()>(dlsym(plugin, "KeepInPlugin")));
  StartThread(&KeepOnStack);
  WaitFor(1);
  StartThread(&KeepInRegister);
  WaitFor(2);
  StartThread(&KeepBelowSignal);
  WaitFor(3);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) pause();
}
