// Writes the corpus of module_fuzz: memory of a loaded file with either kind of hash table, and where its dynamic
// section is.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/support/module_image.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: module_corpus FOLDER\n");
    return 2;
  }
  for (const bool gnu : {false, true}) {
    mqtrack::testing::ModuleImage image = mqtrack::testing::MakeModuleImage();
    for (ElfW(Dyn) & entry : image.dynamic) {
      if (gnu && entry.d_tag == DT_HASH) entry = {DT_GNU_HASH, {offsetof(mqtrack::testing::ModuleImage, gnu_hash)}};
    }
    const std::uint32_t dynamic[2] = {0, sizeof image.dynamic};
    std::ofstream file(std::string(arguments[1]) + (gnu ? "/gnu_hash" : "/hash"), std::ios::binary);
    file.write(reinterpret_cast<const char*>(&image), sizeof image);
    file.write(reinterpret_cast<const char*>(dynamic), sizeof dynamic);
    if (!file) return 1;
  }
  return 0;
}
