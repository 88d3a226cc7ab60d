// Graphviz and its time limit: what takes too long is ended, and nothing of it is left.
#include "reports/callgraph/child_wait.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <string>

#include "reports/callgraph/graph_layout.h"

namespace mqtrack::reports {
namespace {

using std::chrono::milliseconds;

Deadline In(milliseconds time) { return std::chrono::steady_clock::now() + time; }

void ExpectNoChildren() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

pid_t Child(void (*work)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(3);
  }
  return child;
}

TEST(ChildWait, TellsTheStatus) {
  for (const Deadline& deadline : {Deadline(), In(std::chrono::minutes(5))}) {
    const std::optional<int> status = WaitForChild(Child([] {}), deadline);
    ASSERT_TRUE(status);
    EXPECT_EQ(WEXITSTATUS(*status), 3);
  }
  ExpectNoChildren();
}

TEST(ChildWait, WhatDoesNotEndIsKilled) {
  const pid_t child = Child([] {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) (void)::signal(number, SIG_IGN);
    while (true) ::pause();
  });
  EXPECT_FALSE(WaitForChild(child, In(milliseconds(50))));
  ExpectNoChildren();
}

TEST(ChildWait, ADeadlineThatIsOverEndsItAtOnce) {
  EXPECT_FALSE(WaitForChild(Child([] { ::pause(); }), In(milliseconds(-1000))));
  ExpectNoChildren();
}

/// So many edges between so few nodes that no layout is quick.
std::string Tangle() {
  std::mt19937 random(1);
  std::string dot = "digraph {";
  for (int i = 0; i < 20'000; ++i)
    dot += "n" + std::to_string(random() % 600) + " -> n" + std::to_string(random() % 600) + ";";
  return dot + "}";
}

TEST(GraphLayout, WhatTakesTooLongIsGivenUp) {
  const auto picture = LayOut(Tangle(), "svg", milliseconds(100));
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error().code, support::ErrorCode::kCannotMeasure) << picture.error().ToString();
  ExpectNoChildren();
}

TEST(GraphLayout, WithinItsTimeItIsTheSame) {
  const std::string dot = "digraph { a -> b; }";
  const auto picture = LayOut(dot, "svg", std::chrono::minutes(5));
  ASSERT_TRUE(picture) << picture.error().ToString();
  EXPECT_EQ(*picture, LayOut(dot, "svg").value());
  const auto malformed = LayOut("digraph {", "svg", std::chrono::minutes(5));
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().code, support::ErrorCode::kBadInput) << malformed.error().ToString();
  ExpectNoChildren();
}

}  // namespace
}  // namespace mqtrack::reports
