// A little MQTT server on Boost.Asio, with one thread. What it makes for a packet is one block that says by its size whose
// it is: 100000 + 100 * client + packet type. Whatever else it makes is 90000 to 90999: for a new connection, in a timer,
// in a function that the timer has posted.
//
//   asio_service steps   reads a packet as first byte, length and body, each of them asynchronously
//   asio_service buffer  reads what there is
//
// A second word: there is no timer. Says its port. A PINGREQ of any client is answered once the timer has run 20 times more.
#include <utility>  // which Boost forgets

#include <boost/asio.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;
using Bytes = std::vector<unsigned char>;

static std::vector<void*> kept;
static void Keep(std::size_t bytes) { kept.push_back(std::malloc(bytes)); }

static bool has_timer;
static std::vector<std::function<void()>> waiting;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) { Keep(90002); }
  void Start(bool steps) {
    steps_ = steps;
    Read();
  }

 private:
  void Read() { steps_ ? ReadFirst() : ReadSome(); }
  void ReadFirst() {
    asio::async_read(socket_, asio::buffer(head_, 1), [self = shared_from_this()](auto error, std::size_t) {
      if (!error) self->ReadLength();
    });
  }
  void ReadLength() {
    asio::async_read(socket_, asio::buffer(head_ + 1, 1), [self = shared_from_this()](auto error, std::size_t) {
      if (error) return;
      self->body_.resize(self->head_[1]);
      if (self->head_[1] == 0) return self->Handle();
      self->ReadBody();
    });
  }
  void ReadBody() {
    asio::async_read(socket_, asio::buffer(body_), [self = shared_from_this()](auto error, std::size_t) {
      if (!error) self->Handle();
    });
  }
  void ReadSome() {
    socket_.async_read_some(asio::buffer(room_), [self = shared_from_this()](auto error, std::size_t got) {
      if (error) return;
      self->data_.insert(self->data_.end(), self->room_, self->room_ + got);
      self->Next();
    });
  }
  void Next() {
    if (steps_) return ReadFirst();
    if (data_.size() < 2 || data_.size() < 2u + data_[1]) return ReadSome();
    std::memcpy(head_, data_.data(), 2);
    body_.assign(data_.begin() + 2, data_.begin() + 2 + data_[1]);
    data_.erase(data_.begin(), data_.begin() + 2 + data_[1]);
    Handle();
  }
  void Handle() {
    const unsigned type = head_[0] >> 4;
    if (type == 1) client_ = std::atoi(std::string(body_.begin() + 13, body_.end()).c_str());
    Keep(100000 + 100 * client_ + type);
    if (type == 1) return Answer({0x20, 2, 0, 0});
    if (type == 3) return Answer({0x40, 2, body_[body_.size() - 2], body_[body_.size() - 1]});
    if (type == 12 && !has_timer) return Answer({0xd0, 0});
    if (type == 12) {
      auto answer = [self = shared_from_this(), left = 20]() mutable {
        if (--left == 0) self->Answer({0xd0, 0});
      };
      return waiting.push_back(answer);
    }
    Next();
  }
  void Answer(Bytes answer) {
    answer_ = std::move(answer);
    asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](auto error, std::size_t) {
      if (!error) self->Next();
    });
  }

  tcp::socket socket_;
  bool steps_ = true;
  unsigned char head_[2], room_[4096];
  Bytes body_, data_, answer_;
  int client_ = 0;
};

int main(int count, char** arguments) {
  has_timer = count == 2;
  const bool steps = std::strcmp(arguments[1], "steps") == 0;
  kept.reserve(1 << 20);
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](auto error, tcp::socket socket) {
      if (!error) std::make_shared<Session>(std::move(socket))->Start(steps);
      accept();
    });
  };
  accept();
  asio::steady_timer timer(io);
  std::function<void()> tick = [&] {
    timer.expires_after(std::chrono::milliseconds(1));
    timer.async_wait([&](auto) {
      Keep(90001);
      asio::post(io, [] { Keep(90003); });
      const auto now = waiting;
      for (auto& answer : waiting) answer();
      tick();
    });
  };
  if (has_timer) tick();
  std::printf("%d\nready\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  io.run();
}
