#include "libtrack/support/display_name.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "libtrack/support/mangled_path.h"

namespace mqtrack::support {
namespace {

TEST(DisplayName, LeavesOutDefaultTemplateArguments) {
  EXPECT_EQ(DisplayName("std::map<std::string, std::vector<int, std::allocator<int>>, std::less<std::string>, "
                        "std::allocator<std::pair<std::string const, std::vector<int, std::allocator<int>>>>>::at"),
            "std::map<std::string, std::vector<int>>::at");
  EXPECT_EQ(DisplayName("std::unordered_map<int, Topic, std::hash<int>, std::equal_to<int>, "
                        "std::allocator<std::pair<int const, Topic> > >::operator[]"),
            "std::unordered_map<int, Topic>::operator[]");
  EXPECT_EQ(DisplayName("std::unique_ptr<Client, std::default_delete<Client>>::~unique_ptr"),
            "std::unique_ptr<Client>::~unique_ptr");
  EXPECT_EQ(DisplayName("std::priority_queue<int, std::vector<int, std::allocator<int>>, std::less<int>>::push"),
            "std::priority_queue<int>::push");
  EXPECT_EQ(DisplayName("Queue<Msg, std::allocator<Msg>>::Push"), "Queue<Msg>::Push");
}

TEST(DisplayName, KeepsWhatSomebodyChose) {
  for (const char* name : {"std::vector<int, my::Arena<int>>::push_back", "std::set<int, std::greater<int>>::insert",
                           "std::unique_ptr<Client, CloseClient>::reset", "Map<int, std::less<long>>::at",
                           "Pool<std::allocator<int>>::get", "Map<int, std::allocator<long>>::at"}) {
    EXPECT_EQ(DisplayName(name), name);
  }
}

TEST(DisplayName, KnowsStringsAndStreams) {
  EXPECT_EQ(DisplayName("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::append"),
            "std::string::append");
  EXPECT_EQ(DisplayName("std::__1::basic_ostream<wchar_t, std::__1::char_traits<wchar_t>>::flush"),
            "std::wostream::flush");
  EXPECT_EQ(DisplayName("std::basic_string<char8_t>::size"), "std::basic_string<char8_t>::size");
  EXPECT_EQ(DisplayName("pick[abi:cxx11]"), "pick");
}

TEST(DisplayName, ALambdaKeepsItsClass) {
  EXPECT_EQ(DisplayName("Client::Run::{lambda(std::vector<int, std::allocator<int>>)#1}::operator()"),
            "Client::Run::{lambda(std::vector<int>)#1}::operator()");
}

TEST(DisplayName, LeavesOtherNamesAsTheyAre) {
  for (const char* name : {"",
                           "main",
                           "main.(*router).dispatch.func1",
                           "main.waitAs[...].func1",
                           "operator<<",
                           "ns::operator< <int>",
                           "A::operator-><int>",
                           "If<(3 > 2)>",
                           "Foo<<lambda()>>::bar",
                           "operator new[]",
                           "a->b<c",
                           "x<y",
                           ">",
                           "a>b",
                           "core::ptr::drop_in_place<alloc::vec::Vec<u8>>",
                           "<alloc::vec::Vec<T> as core::ops::Drop>::drop",
                           "[vdso]",
                           "mosquitto+0x2a40",
                           "JS:*handle /srv/app.js:10:5",
                           "A<(",
                           "A<B)",
                           "operator",
                           "std::operator<=> <int>"}) {
    EXPECT_EQ(DisplayName(name), name);
  }
}

TEST(MangledPath, ReadsWhatTheDemanglerRefuses) {
  std::string symbol = "_ZNK5boost4asio6detail";
  for (int i = 0; i < 200; ++i) symbol += "7wrapperI";
  symbol += "iSs";
  for (int i = 0; i < 200; ++i) symbol += "E";
  symbol += "3runEv";
  EXPECT_EQ(DisplayName(symbol), "boost::asio::detail::wrapper<...>::run");
  EXPECT_EQ(MangledPath("_ZN3FooC2Ev"), "Foo::Foo");
  EXPECT_EQ(MangledPath("_ZN3FooIiED0Ev"), "Foo<...>::~Foo");
  EXPECT_EQ(MangledPath("_ZNSt6vectorIiSaIiEE9push_backERKi"), "std::vector<...>::push_back");
  EXPECT_EQ(MangledPath("_ZN12_GLOBAL__N_13runEv"), "(anonymous namespace)::run");
  EXPECT_EQ(MangledPath("_ZN1AixEi"), "A::operator[]");
  EXPECT_EQ(MangledPath("_ZZ4mainENKUlvE_clEv"), "main::{lambda}::operator()");
  EXPECT_EQ(MangledPath("_ZN6ClientcvbEv"), "Client::operator (conversion)");
  EXPECT_EQ(MangledPath("_Z3runIXgtT_Li0EEEvv"), "run...");  // an expression
  EXPECT_EQ(MangledPath("_ZN4pick5valueB5cxx11Ev"), "pick::value");
}

TEST(MangledPath, SurvivesHostileNames) {
  for (const char* name : {"_Z", "_Zgarbage", "_ZTV3Foo", "plain", "_ZN", "_Z99999999999999999999999a", "_Z0"}) {
    EXPECT_EQ(MangledPath(name), name);
  }
  for (const char* piece :
       {"P", "F", "N", "I", "S_", "1aI", "LZ", "Z", "J", "X", "A1_", "M", "Dp", "DoF", "T_I", "Ul"}) {
    std::string name = "_Z1fI";
    while (name.size() < 1 << 20) name += piece;
    EXPECT_FALSE(MangledPath(name).empty());
  }
}

}  // namespace
}  // namespace mqtrack::support
