// Drives a fuzz target without a fuzzer: the same inputs every time, made of its fragments and of random bytes.
// generate [INPUTS [SEED]], or generate FILE... to run it on given inputs (what a fuzzer has found, say).
#include "tests/fuzz/fuzz.hpp"

#include <fstream>
#include <iterator>
#include <random>

namespace {

std::string make_input(std::mt19937& random) {
  std::string input;
  auto below = [&](std::size_t n) { return random() % n; };
  for (auto pieces = below(20); pieces > 0; --pieces)
    switch (fragments.empty() ? 0 : below(4)) {
    case 0:
      for (auto n = below(40); n > 0; --n)
        input += static_cast<char>(random());
      break;
    case 1: { // a fragment cut short, or from its middle
      const auto& f = fragments[below(fragments.size())];
      auto from = below(f.size() + 1);
      input += f.substr(from, below(f.size() + 1));
      break;
    }
    default:
      input += fragments[below(fragments.size())];
    }
  return input;
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

bool run_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (file)
    run({std::istreambuf_iterator<char>(file), {}});
  return file.is_open();
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && run_file(argv[1])) {
    for (int i = 2; i < argc; ++i)
      run_file(argv[i]);
    return 0;
  }
  auto inputs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20000UL;
  std::mt19937 random(argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 1U);
  for (unsigned long i = 0; i < inputs; ++i)
    run(make_input(random));
  std::printf("%lu inputs\n", inputs);
  return 0;
}
