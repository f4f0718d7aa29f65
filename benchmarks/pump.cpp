// What it costs that no byte is lost when the daemon is killed: one program's flood through the children's I/O into a
// log, with and without the memory that outlives us, in turns. bench_pump FOLDER [ROUNDS [MEGABYTES]].
// Must not be installed.
#include "actors/io/child_io.hpp"
#include "platform/descriptors.hpp"
#include "platform/main_log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe;

namespace {

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

/// Of this process, without its children.
double processor_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct cost {
  double wall, processor;
};

cost flood(const std::string& path, actors::pump_room* room, std::size_t piece, std::size_t size) {
  ::unlink(path.c_str());
  platform::main_log log{{"/dev/null", 0, 0, config::log_level::info, false, ""}};
  actors::child_io::settings settings;
  settings.room = room;
  actors::child_io io{log, std::move(settings)};
  platform::unique_fd out;
  platform::unique_fd in;
  if (platform::make_pipe(out, in) != 0)
    std::exit(1);
  ::fcntl(out.get(), F_SETFL, O_NONBLOCK);
  auto options = std::make_shared<config::process_options>();
  options->name = "p";
  auto who = std::make_shared<actors::process_identity>();
  who->slot = 0;
  who->options = options;
  actors::child_streams streams;
  streams.who = who;
  streams.out.pipe = std::move(out);
  platform::shared_logs logs;
  streams.out.file = logs.open(path, std::int64_t{100} << 20, 3).log;
  auto child = ::fork();
  if (child == 0) {
    std::string bytes(piece, 'x');
    bytes.back() = '\n';
    for (std::size_t done = 0; done < size; done += piece)
      if (::write(in.get(), bytes.data(), piece) != static_cast<ssize_t>(piece))
        ::_exit(1);
    ::_exit(0);
  }
  in.reset();
  auto before = processor_time();
  auto begun = std::chrono::steady_clock::now();
  io.attach(std::move(streams));
  io.start();
  ::waitpid(child, nullptr, 0);
  io.finish(0);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  return {took.count(), processor_time() - before};
}

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2)
    return 2;
  auto path = std::string(argv[1]) + "/bench_pump.log";
  int rounds = argc > 2 ? std::atoi(argv[2]) : 15;
  auto size = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 400) << 20;
  auto room = actors::pump_room::make();
  if (!room || rounds < 1)
    return 1;
  for (std::size_t piece : {std::size_t{100}, std::size_t{4096}, std::size_t{65536}}) {
    std::vector<double> wall[2];
    std::vector<double> processor[2];
    auto bytes = piece == 100 ? size / 8 : size;
    for (int i = 0; i < 2 * rounds; ++i) {
      auto c = flood(path, i % 2 ? room.get() : nullptr, piece, bytes);
      wall[i % 2].push_back(c.wall);
      processor[i % 2].push_back(c.processor);
    }
    std::printf("pieces of %zu: MB/s %.0f without, %.0f with: %.3f of it; processor time %.3f times\n", piece,
                static_cast<double>(bytes) / 1e6 / median(wall[0]), static_cast<double>(bytes) / 1e6 / median(wall[1]),
                median(wall[0]) / median(wall[1]), median(processor[1]) / median(processor[0]));
  }
  std::printf("places refused: %llu\n", static_cast<unsigned long long>(room->refused()));
  ::unlink(path.c_str());
  return 0;
}
