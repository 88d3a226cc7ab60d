// A little MQTT server with a pool of threads. One thread waits for descriptors and puts what is ready into a queue; four
// others take from it, read one packet and handle it. What they make for a packet is one block that says by its size
// whose it is: 100000 + 100 * client + packet type. A PUBREL is finished by further work that goes into the same queue,
// and keeps 200000 + 100 * client + 6. Every fourth packet has the pool do something of its own: 90001.
//
// Says its port.
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

static std::mutex queue_mutex;
static std::condition_variable is_there;
static std::deque<std::function<void()>> queue;
static void* kept[1 << 16];
static std::atomic<unsigned> kept_count, packets;
static int clients[1024], epoll;

static void Keep(std::size_t bytes) { kept[kept_count++] = std::malloc(bytes); }

static void Push(std::function<void()> work) {
  const std::lock_guard<std::mutex> lock(queue_mutex);
  queue.push_back(std::move(work));
  if (queue.size() == 1) is_there.notify_one();
}

static void Work() {
  for (;;) {
    std::unique_lock<std::mutex> lock(queue_mutex);
    is_there.wait(lock, [] { return !queue.empty(); });
    const std::function<void()> work = std::move(queue.front());
    queue.pop_front();
    if (!queue.empty()) is_there.notify_one();
    lock.unlock();
    work();
  }
}

static void Answer(int fd, unsigned char type, const unsigned char* id) {
  const unsigned char answer[4] = {type, 2, id[0], id[1]};
  send(fd, answer, sizeof answer, MSG_NOSIGNAL);
}

static void Handle(int fd) {
  unsigned char head[2], body[256];
  if (recv(fd, head, 2, MSG_WAITALL) != 2 || (head[1] != 0 && recv(fd, body, head[1], MSG_WAITALL) != head[1])) {
    close(fd);
    return;
  }
  const int type = head[0] >> 4;
  if (type == 1) clients[fd] = std::atoi(std::string(body + 13, body + head[1]).c_str());
  const int client = clients[fd];
  Keep(100000 + 100 * client + type);
  if (type == 1) Answer(fd, 0x20, (const unsigned char*)"\0");
  if (type == 3) Answer(fd, 0x50, body + head[1] - 2);
  if (++packets % 4 == 0) Push([] { Keep(90001); });
  if (type == 6) {
    const unsigned char id[2] = {body[0], body[1]};
    Push([=] {
      Keep(200000 + 100 * client + 6);
      Answer(fd, 0x70, id);
    });
  }
  epoll_event event = {EPOLLIN | EPOLLONESHOT, {.fd = fd}};
  epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

int main() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  socklen_t bytes = sizeof address;
  if (bind(listener, (sockaddr*)&address, bytes) != 0 || listen(listener, 100) != 0) return 1;
  getsockname(listener, (sockaddr*)&address, &bytes);
  epoll = epoll_create1(0);
  epoll_event listening = {EPOLLIN, {.fd = listener}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(Work);
  std::printf("%d\nready\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    epoll_event events[64];
    const int count = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      const int ready = events[i].data.fd;
      if (ready == listener) {
        const int fd = accept(listener, nullptr, nullptr);
        epoll_event event = {EPOLLIN | EPOLLONESHOT, {.fd = fd}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
      } else {
        Push([ready] { Handle(ready); });
      }
    }
  }
}
