#include "libtrack/symbolize/demangle.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "libtrack/support/cxx_name.h"

namespace mqtrack::symbolize {
namespace {

using support::BareName;
using support::QualifiedName;

TEST(ReadableName, DemanglesWithoutReturnTypeAndParameters) {
  EXPECT_EQ(ReadableName("_ZN9telemetry5Queue4PushEi"), "telemetry::Queue::Push");
  EXPECT_EQ(ReadableName("_Z3fooIiEvT_"), "foo<int>");
  EXPECT_EQ(ReadableName("_Znwm"), "operator new");
  EXPECT_EQ(ReadableName("_Znam"), "operator new[]");
}

TEST(ReadableName, LeavesAloneWhatIsNotMangled) {
  EXPECT_EQ(ReadableName("mosquitto__malloc"), "mosquitto__malloc");
  EXPECT_EQ(ReadableName("_Zgarbage"), "_Zgarbage");
  EXPECT_EQ(ReadableName(""), "");
}

TEST(ReadableName, SurvivesHostileNames) {
  for (const char* piece : {"P", "F", "N", "I", "S_", "1aI", "LZ"}) {
    std::string name = "_Z1f";
    while (name.size() < 8000) name += piece;
    (void)ReadableName(name);
  }
  const std::string huge = "_Z1f" + std::string(1 << 20, 'P');
  EXPECT_EQ(ReadableName(huge), huge);
}

TEST(Tidy, ShortensStandardStrings) {
  EXPECT_EQ(Tidy("q::Map<std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > >::Add"),
            "q::Map<std::string>::Add");
  EXPECT_EQ(Tidy("std::vector<int, std::allocator<int> >"), "std::vector<int, std::allocator<int>>");
  EXPECT_EQ(Tidy("pick[abi:cxx11]"), "pick");
  EXPECT_EQ(Tidy("If<(3 > 2)>"), "If<(3 > 2)>");
}

TEST(QualifiedName, CutsAtTheRightParenthesis) {
  EXPECT_EQ(QualifiedName("void ns::Queue<int>::Push<long>(long) const"), "ns::Queue<int>::Push<long>");
  EXPECT_EQ(QualifiedName("(anonymous namespace)::Run(int)"), "(anonymous namespace)::Run");
  EXPECT_EQ(QualifiedName("std::function<void (int)>::operator()(int) const"), "std::function<void (int)>::operator()");
  EXPECT_EQ(QualifiedName("main(int, char**)::{lambda(int)#1}::operator()(int) const"),
            "main::{lambda(int)#1}::operator()");
  EXPECT_EQ(QualifiedName("A::f() const::{lambda()#1}::operator()() const"), "A::f::{lambda()#1}::operator()");
  EXPECT_EQ(QualifiedName("decltype (x) pick<int>(int)"), "pick<int>");
}

TEST(QualifiedName, KnowsOperators) {
  EXPECT_EQ(QualifiedName("bool ns::operator< <int>(ns::A<int> const&)"), "ns::operator< <int>");
  EXPECT_EQ(BareName("bool ns::operator< <int>(ns::A<int> const&)"), "ns::operator<");
  EXPECT_EQ(QualifiedName("std::ostream& operator<<(std::ostream&, Topic const&)"), "operator<<");
  EXPECT_EQ(QualifiedName("Handle::operator->() const"), "Handle::operator->");
  EXPECT_EQ(QualifiedName("Client::operator new(unsigned long)"), "Client::operator new");
  EXPECT_EQ(QualifiedName("operator delete[](void*, unsigned long)"), "operator delete[]");
  EXPECT_EQ(QualifiedName("Topic::operator std::string() const"), "Topic::operator std::string");
  EXPECT_EQ(QualifiedName("Sum::operator+=(int)"), "Sum::operator+=");
}

TEST(QualifiedName, LeavesOtherLanguagesAlone) {
  for (const char* name :
       {"main", "mosquitto+0x2a40", "main.(*Cache).Put", "github.com/a/b.Run.func1", "[vdso]+0x10"}) {
    EXPECT_EQ(QualifiedName(name), name);
    EXPECT_EQ(BareName(name), name);
  }
}

TEST(BareName, DropsArgumentsVersionsAndClones) {
  EXPECT_EQ(BareName("std::vector<A<int>, std::allocator<A<int> > >::push_back(A<int>&&)"), "std::vector::push_back");
  EXPECT_EQ(BareName("std::__1::vector<int>::resize"), "std::vector::resize");
  EXPECT_EQ(BareName("std::__cxx11::basic_string<char>::_M_create"), "std::basic_string::_M_create");
  EXPECT_EQ(BareName("packet__alloc.part.0"), "packet__alloc");
  EXPECT_EQ(BareName("ns::Run(int) [clone .cold]"), "ns::Run");
  EXPECT_EQ(BareName("operator new(unsigned long)"), "operator new");
}

TEST(BareName, SurvivesUnbalancedBrackets) {
  for (const char* name :
       {"<", ">", "(", ")", "a<b(c", "operator", "operator<", "operator new", "{", "[x", " ", "a<<>b>>("}) {
    EXPECT_FALSE(BareName(name).empty()) << name;
    EXPECT_FALSE(QualifiedName(name).empty()) << name;
  }
}

}  // namespace
}  // namespace mqtrack::symbolize
