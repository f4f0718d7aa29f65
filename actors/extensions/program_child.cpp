// See program_child.hpp.
#include "actors/extensions/program_child.hpp"

#include "actors/core/process_fsm.hpp"
#include "config/text.hpp"
#include "platform/descriptors.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>
#include <csignal>
#include <new>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace troupe::actors {

namespace asio = boost::asio;
using std::chrono::seconds;
using steady = std::chrono::steady_clock;

namespace {

/// What one program may cost.
constexpr std::size_t read_size = 65536;
constexpr std::size_t longest_line = std::size_t{16} << 20;
constexpr std::size_t most_output = std::size_t{16} << 20; // that waits for the program to read
constexpr auto stop_patience = seconds{2};                 // from SIGTERM to SIGKILL
constexpr auto linger = seconds{1};                        // from the end of its stdout or stdin to its own
constexpr int last_reads = 16;                             // of what it left in a pipe

} // namespace

program_child::program_child(platform::spawn_plan plan, program_owner& owner)
    : plan_(std::move(plan)), owner_(owner), lines_(longest_line), buffer_(read_size) {}

/// A handler of ours. What it throws is the owner's to hear of, not that of all who live on the thread.
template <class Work>
auto program_child::contained(Work work) {
  return [self = shared_from_this(), work = std::move(work)](auto&&... what) mutable {
    try {
      work(what...);
    } catch (...) {
      self->owner_.child_failed(std::current_exception());
    }
  };
}

// -- life ------------------------------------------------------------------------------------------

void program_child::connect(asio::io_context& io, helper_doors helpers) {
  io_ = &io;
  helpers_ = std::move(helpers);
  next_.emplace(io);
}

void program_child::launch() {
  if (stopping_ || pid_ != 0)
    return;
  auto child = std::make_shared<helper_child>();
  child->plan = plan_;
  if (!open_pipes(*child)) {
    int error = errno;
    return gone("could not be started: " + config::errno_name(error), {});
  }
  auto spawned = [self = shared_from_this(), life = life_ + 1](int pid, int error) {
    asio::post(*self->io_,
               self->contained([me = self.get(), life, pid, error] { me->note_spawned(life, pid, error); }));
  };
  auto exited = [self = shared_from_this()](int status) {
    asio::post(*self->io_, self->contained([me = self.get(), status] { me->note_exit(status); }));
  };
  ++life_;
  pid_ = -1;
  broken_ = false;
  helpers_.spawn(std::move(child), std::move(spawned), std::move(exited));
}

/// False: errno.
bool program_child::open_pipes(helper_child& child) {
  descriptor* ours[] = {&in_, &out_, &err_};
  for (int i = 0; i < 3; ++i) {
    platform::unique_fd read_end;
    platform::unique_fd write_end;
    if (int error = platform::make_pipe(read_end, write_end); error != 0) {
      errno = error;
      return false;
    }
    bool is_input = i == 0;
    auto& our_end = is_input ? write_end : read_end;
    child.stdio[i] = std::move(is_input ? read_end : write_end);
    child.plan.stdio[i] = child.stdio[i].get();
    ::fcntl(our_end.get(), F_SETFL, O_NONBLOCK);
    ours[i]->emplace(*io_, our_end.get());
    (void)our_end.release(); // the descriptor's from here on
  }
  return true;
}

void program_child::note_spawned(std::uint64_t life, int pid, int error) {
  if (life != life_)
    return;
  if (pid < 0)
    return gone("could not be started: " + config::errno_name(error), {});
  pid_ = pid;
  up_since_ = steady::now();
  if (stopping_)
    return helpers_.signal(pid_, SIGTERM);
  if (broken_)
    return helpers_.signal(pid_, SIGKILL);
  owner_.child_started(pid);
  await_output();
  await_errors();
}

void program_child::note_exit(int wait_status) {
  next_->cancel();
  try {
    hear_last_words();
  } catch (...) { // it is gone all the same
    owner_.child_failed(std::current_exception());
  }
  gone(broken_ ? broken_why_ : "ended (" + wait_status_text(wait_status) + ")", steady::now() - up_since_);
}

void program_child::hear_last_words() {
  for (auto* pipe : {&out_, &err_})
    for (int i = 0; i < last_reads && *pipe && (*pipe)->is_open() && read_from(*pipe) > 0; ++i) {
    }
  complaints_.finish([this](const std::string& line) { owner_.child_complained(line); });
}

void program_child::gone(const std::string& why, steady::duration was_up) {
  close_pipes();
  pid_ = 0;
  next_->cancel();
  owner_.child_gone(why, was_up);
}

void program_child::break_off(const std::string& why) {
  if (broken_ || stopping_ || pid_ == 0)
    return;
  broken_ = true;
  broken_why_ = why;
  close(in_);
  close(out_);
  kill_after(seconds{0});
  owner_.child_broken(why);
}

/// It has closed a pipe: unless it ends by itself, which says more, it is broken.
void program_child::doubt(const std::string& why) {
  if (stopping_)
    return;
  next_->expires_after(linger);
  next_->async_wait(contained([this, life = life_, why](const boost::system::error_code& failed) {
    if (!failed && life == life_ && pid_ > 0)
      break_off(why);
  }));
}

void program_child::kill_after(steady::duration time) {
  next_->expires_after(time);
  next_->async_wait(contained([this, life = life_](const boost::system::error_code& failed) {
    if (failed || life != life_)
      return;
    if (pid_ > 0)
      helpers_.signal(pid_, SIGKILL);
    if (stopping_)
      let_go();
  }));
}

/// The daemon does not end before the program has, but for one that even SIGKILL does not end.
void program_child::let_go() {
  next_->expires_after(stop_patience);
  next_->async_wait(contained([this](const boost::system::error_code& failed) {
    if (!failed)
      close_pipes();
  }));
}

void program_child::stop() {
  stopping_ = true;
  next_->cancel();
  if (pid_ == 0)
    return close_pipes();
  close(in_); // a program that reads ends by itself
  if (pid_ > 0)
    helpers_.signal(pid_, SIGTERM);
  kill_after(stop_patience);
}

void program_child::close(descriptor& pipe) {
  boost::system::error_code ignored;
  if (pipe)
    pipe->close(ignored);
}

void program_child::close_pipes() {
  in_.reset();
  out_.reset();
  err_.reset();
  output_.clear();
  lines_.clear();
  complaints_.clear();
}

/// The timer and the pipes are of the HTTP thread's context, which ends before whoever still holds us.
void program_child::release() {
  close_pipes();
  next_.reset();
}

// -- its words -------------------------------------------------------------------------------------

void program_child::await_output() {
  out_->async_wait(asio::posix::stream_descriptor::wait_read,
                   contained([this, life = life_](const boost::system::error_code& failed) {
                     if (failed || life != life_ || !out_ || !out_->is_open())
                       return;
                     if (read_from(out_) == 0) {
                       close(out_);
                       doubt("has closed its stdout");
                     } else if (out_ && out_->is_open()) {
                       await_output();
                     }
                   }));
}

void program_child::await_errors() {
  err_->async_wait(asio::posix::stream_descriptor::wait_read,
                   contained([this, life = life_](const boost::system::error_code& failed) {
                     if (failed || life != life_ || !err_)
                       return;
                     if (read_from(err_) != 0)
                       await_errors();
                     else
                       close(err_);
                   }));
}

/// Bytes that were read and taken in; 0 at the end, -1 where there is nothing now.
ssize_t program_child::read_from(descriptor& from) {
  auto n = ::read(from->native_handle(), buffer_.data(), buffer_.size());
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n));
  try {
    if (&from == &err_) {
      complaints_.feed(bytes, [this](const std::string& line) { owner_.child_complained(line); });
    } else if (!lines_.feed(bytes, [this](std::string_view line) { return owner_.child_said(line); })) {
      break_off("wrote a line of more than " + std::to_string(longest_line >> 20) + " MiB");
      return -1;
    }
  } catch (const std::bad_alloc&) { // what else it says would never be read, and its callers would wait
    break_off("says more than there is memory for");
    return -1;
  }
  return n;
}

// -- our words -------------------------------------------------------------------------------------

bool program_child::put(std::string line) {
  if (!in_ || !in_->is_open())
    return true; // its end is on its way
  if (!output_.empty() && output_.size() + line.size() > most_output)
    return false;
  bool idle = output_.empty();
  output_ += line;
  if (idle)
    flush();
  return true;
}

void program_child::flush() {
  std::string_view rest = output_;
  while (!rest.empty()) {
    auto n = ::write(in_->native_handle(), rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) { // it has closed its stdin, or is gone
      close(in_);
      output_.clear();
      return doubt("has closed its stdin");
    }
  }
  output_.erase(0, output_.size() - rest.size());
  if (output_.empty())
    return;
  in_->async_wait(asio::posix::stream_descriptor::wait_write,
                  contained([this, life = life_](const boost::system::error_code& failed) {
                    if (!failed && life == life_ && in_ && in_->is_open())
                      flush();
                  }));
}

} // namespace troupe::actors
