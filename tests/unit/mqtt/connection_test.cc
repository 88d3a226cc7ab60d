// Connections with a peer in the same process: sockets are real, nobody waits for time.
#include "libtrack/mqtt/connection.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <poll.h>

#include <string>

#include "tests/support/tcp_listener.h"

namespace mqtrack::mqtt {
namespace {

using Listener = testing::TcpListener;

/// Advances both until `done`, or fails after ten seconds in which nothing came.
template <typename Done>
void Until(Connection& a, Connection& b, Done done) {
  while (!done()) {
    pollfd ready[2] = {{a.fd(), static_cast<short>(a.events()), 0}, {b.fd(), static_cast<short>(b.events()), 0}};
    ASSERT_GT(::poll(ready, 2, 10'000), 0);
    a.Advance();
    b.Advance();
  }
}

TEST(ConnectionTest, CarriesMuchInBothDirections) {
  const Listener listener;
  auto client = Connection::Open(listener.where);
  ASSERT_TRUE(client) << client.error().ToString();
  Connection server = listener.Accept();
  const std::string much(3'000'000, 'm');
  client->set_most_held(much.size());
  server.set_most_held(much.size());
  client->Send(much);
  server.Send(much);
  Until(*client, server,
        [&] { return client->received().size() == much.size() && server.received().size() == much.size(); });
  EXPECT_TRUE(client->received() == much && server.received() == much);
}

TEST(ConnectionTest, WhatIsSentTooEarlyIsSentLater) {
  const Listener listener;
  auto client = Connection::Open(listener.where);
  ASSERT_TRUE(client);
  client->Send("early");
  Connection server = listener.Accept();
  Until(*client, server, [&] { return server.received() == "early"; });
}

TEST(ConnectionTest, HoldsNoMoreThanItMay) {
  const Listener listener;
  auto client = Connection::Open(listener.where);
  ASSERT_TRUE(client);
  Connection server = listener.Accept();
  client->set_most_held(100);
  server.Send(std::string(1'000'000, 'm'));
  Until(*client, server, [&] { return client->received().size() >= 100; });
  EXPECT_LT(client->received().size(), 100'000U);
  EXPECT_EQ(client->events() & POLLIN, 0U);
}

TEST(ConnectionTest, WhoHoldsEnoughIsToldThatThePeerIsGone) {
  const Listener listener;
  auto client = Connection::Open(listener.where);
  ASSERT_TRUE(client);
  Connection server = listener.Accept();
  Until(*client, server, [&] { return client->is_open(); });
  client->set_most_held(0);
  server.Send("unread");
  server.Reset();
  pollfd ready{client->fd(), static_cast<short>(client->events()), 0};
  ASSERT_EQ(ready.events & POLLIN, 0);
  ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  client->Advance();
  EXPECT_TRUE(client->is_closed()) << "or poll would tell of it for ever";
}

TEST(ConnectionTest, SendsAllThatIsQueuedBeforeItTellsTheEnd) {
  const Listener listener;
  auto client = Connection::Open(listener.where);
  ASSERT_TRUE(client);
  const std::string much(20'000'000, 'm');
  client->Send(much);  // before it is connected, and more than sockets hold
  client->Finish();
  client->Send("too late");
  Connection server = listener.Accept();
  server.set_most_held(2 * much.size());
  Until(*client, server, [&] { return server.is_closed(); });
  EXPECT_TRUE(server.received() == much) << server.received().size();
  EXPECT_EQ(server.problem(), "");
}

TEST(ConnectionTest, DoesNotGrowWhileThePeerIsAlwaysALittleBehind) {
  const auto heap = [] {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const Listener listener;
  auto client = Connection::Open(listener.where);
  ASSERT_TRUE(client);
  Connection server = listener.Accept();
  Until(*client, server, [&] { return client->is_open(); });
  const std::string piece(100'000, 'm');
  while (client->unsent_bytes() < 1'000'000) client->Send(piece);
  server.set_most_held(piece.size());
  const std::size_t before = heap();
  for (std::size_t sent = 0; sent < 200'000'000;) {
    server.Advance();
    server.received().clear();
    client->Advance();
    for (; client->unsent_bytes() < 1'000'000; sent += piece.size()) client->Send(piece);
  }
  EXPECT_LT(heap(), before + 20'000'000);
}

TEST(ConnectionTest, TellsAnEndFromAFailure) {
  const Listener listener;
  auto client = Connection::Open(listener.where);
  ASSERT_TRUE(client);
  Connection server = listener.Accept();
  server.Send("last words");
  server.Finish();
  Until(*client, server, [&] { return client->is_closed(); });
  EXPECT_EQ(client->received(), "last words");
  EXPECT_EQ(client->problem(), "");

  auto second = Connection::Open(listener.where);
  ASSERT_TRUE(second);
  Connection other = listener.Accept();
  other.Reset();
  pollfd ready{second->fd(), static_cast<short>(second->events()), 0};
  while (!second->is_closed() && ::poll(&ready, 1, 10'000) == 1) second->Advance();
  EXPECT_NE(second->problem(), "");
}

TEST(ConnectionTest, NobodyListens) {
  Endpoint where;
  {
    const Listener gone;
    where = gone.where;
  }
  auto client = Connection::Open(where);
  while (client && !client->is_closed()) {
    pollfd ready{client->fd(), static_cast<short>(client->events()), 0};
    ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
    client->Advance();
  }
  if (client) {
    EXPECT_NE(client->problem(), "");
  }
}

TEST(ConnectionTest, APeerThatSpeaksNoTlsFailsTheHandshake) {
  const Listener listener;
  Endpoint where = listener.where;
  where.tls = true;
  const auto context = TlsContext::Make({});
  ASSERT_TRUE(context);
  auto client = Connection::Open(where, context->get());
  ASSERT_TRUE(client) << client.error().ToString();
  Connection server = listener.Accept();
  server.Send("this is no TLS record at all");
  Until(*client, server, [&] { return client->is_closed(); });
  EXPECT_NE(client->problem().find("TLS"), std::string::npos) << client->problem();
}

}  // namespace
}  // namespace mqtrack::mqtt
