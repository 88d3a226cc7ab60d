// Timers of libuv and of libevent, linked with the program or with a plugin that is loaded privately.
#include <event2/event.h>
#include <event2/event_struct.h>
#include <unistd.h>
#include <uv.h>

#include <cstdio>
#include <cstring>

namespace {

void OnUv(uv_timer_t*) {}
void OnEvent(evutil_socket_t, short, void*) {}

uv_timer_t* NewUvTimer(uv_loop_t* loop) {
  auto* timer = new uv_timer_t;
  uv_timer_init(loop, timer);
  return timer;
}

int Uv() {
  uv_loop_t loop;
  uv_loop_init(&loop);
  NewUvTimer(&loop);                                       // never started
  uv_timer_start(NewUvTimer(&loop), OnUv, 3600000, 0);     // once
  uv_timer_start(NewUvTimer(&loop), OnUv, 3600000, 1500);  // again and again
  uv_timer_t* again = NewUvTimer(&loop);
  uv_timer_start(again, OnUv, 3600000, 0);
  uv_timer_set_repeat(again, 250);
  uv_timer_again(again);
  uv_timer_t* stopped = NewUvTimer(&loop);
  uv_timer_start(stopped, OnUv, 3600000, 1000);
  uv_timer_stop(stopped);
  for (int i = 0; i < 10; ++i) {
    uv_timer_t* closed = NewUvTimer(&loop);
    uv_timer_start(closed, OnUv, 3600000, 1000);
    uv_close(reinterpret_cast<uv_handle_t*>(closed),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }
  uv_async_t async;
  uv_async_init(&loop, &async, nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&async), nullptr);
  return uv_run(&loop, UV_RUN_NOWAIT) < 0;
}

event* NewRepeating(event_base* base) { return event_new(base, -1, EV_PERSIST, OnEvent, nullptr); }

int Event() {
  event_base* base = event_base_new();
  const timeval second = {1, 0}, hour = {3600, 0}, at_once = {0, 0};
  evtimer_new(base, OnEvent, nullptr);  // never added
  evtimer_add(evtimer_new(base, OnEvent, nullptr), &hour);
  evtimer_add(NewRepeating(base), &second);
  event* deleted = NewRepeating(base);
  evtimer_add(deleted, &second);
  evtimer_del(deleted);
  for (int i = 0; i < 10; ++i) {
    event* freed = evtimer_new(base, OnEvent, nullptr);
    evtimer_add(freed, &second);
    event_free(freed);
  }
  static event repeating, once, stopped;
  event_assign(&repeating, base, -1, EV_PERSIST, OnEvent, nullptr);
  event_add(&repeating, &hour);
  event_add(&repeating, event_base_init_common_timeout(base, &second));
  evtimer_assign(&once, base, OnEvent, nullptr);
  evtimer_add(&once, &at_once);
  event_assign(&stopped, base, -1, EV_PERSIST, OnEvent, nullptr);
  event_add(&stopped, &hour);
  event_del(&stopped);
  // Not timers: a descriptor with a time limit, and a signal.
  event_add(event_new(base, 0, EV_READ | EV_PERSIST, OnEvent, nullptr), &hour);
  event_add(evsignal_new(base, 10, OnEvent, nullptr), nullptr);
  return event_base_loop(base, EVLOOP_NONBLOCK) < 0;
}

}  // namespace

extern "C" int MakeTimers(const char* which) { return strcmp(which, "uv") == 0 ? Uv() : Event(); }

#ifdef IS_PROGRAM
int main(int argc, char** argv) {
  if (argc < 2 || MakeTimers(argv[1]) != 0) return 2;
#else
extern "C" int WaitWithTimers(const char* which) {
  if (MakeTimers(which) != 0) return 2;
#endif
  puts("ready");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  return 0;
}
