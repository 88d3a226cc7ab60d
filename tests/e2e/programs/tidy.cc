// A C++ program that frees what it makes, and writes; with the word "leak", it keeps 11 KiB.
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

__attribute__((noinline)) static void Keep() {
  char* block = new char[11 * 1024];
  std::memset(block, 1, 11 * 1024);
  std::cout << static_cast<void*>(block) << "\n";
}

int main(int count, char** /*words*/) {
  std::vector<std::string> lines(100, std::string(100, 'x'));
  std::cout << lines.size() << std::endl;
  try {
    throw std::string("as exceptions are");
  } catch (const std::string& what) {
    std::cout << what << "\n";
  }
  if (count > 1) Keep();
  return 0;
}
