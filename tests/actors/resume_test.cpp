// What a worker makes of the image of the one that died: register and ledger say what has happened since.
#include "actors/resume.hpp"
#include "platform/descriptors.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <sys/eventfd.h>

BOOST_AUTO_TEST_SUITE(resume_test)

using namespace troupe;
using namespace troupe::actors;
using platform::unique_fd;
using protocols::process_state;

namespace {

struct fixture {
  explicit fixture(const std::vector<platform::leftover>& left = {}) {
    auto made = platform::make_register("");
    BOOST_TEST_REQUIRE(static_cast<bool>(made.memory));
    platform::note_leftovers(*made.memory, left);
    platform::worker_seat seat{std::move(made.memory), {}, {}, {}, false};
    BOOST_TEST_REQUIRE(platform::make_keeper_sockets(keeper_end, seat.link) == 0);
    seat.bell.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    seat.nudge.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    desk = std::make_shared<keeper_desk>(std::move(seat), ledger::make(), nullptr);
    auto options = std::make_shared<config::group_options>();
    options->name = config::shared_text("g");
    auto program = std::make_shared<config::process_options>();
    program->name = config::shared_text("p");
    options->processes.push_back(program);
    cell->id = 1;
    cell->options = program;
    cell->group = options->name;
    BOOST_TEST_REQUIRE(desk->assign(*cell));
    image.groups.push_back({1, options, {{1, {}, {}, {}, 0, 0, cell->slot, 0}}});
    image.table.groups.push_back({options->name, 999, {{program->name, process_state::stopped, 1}}, false, 1});
    image.table.next_id = 2;
    image.table.doors_shut = true;
    image.table.removing = 1;
  }

  platform::register_slot& slot() { return desk->memory().slots[cell->slot]; }
  /// As kernel and keeper write it.
  void make_child(int pid) {
    desk->begin(cell->slot, cell->options.get());
    slot().pid = pid;
    slot().held_life = slot().life.load();
    slot().fd[0] = 50;
    slot().fd[1] = 51;
    slot().fd[2] = -1;
  }
  void end_child(int wait_status, std::uint64_t at) {
    slot().wait_status = wait_status;
    slot().ended_at = at;
    slot().ended_life = slot().life.load();
  }
  void note(process_state state, int pid, std::uint32_t handled_life = 0) {
    cell->record.state = state;
    cell->record.pid = pid;
    cell->handled_life = handled_life;
    desk->note(*cell);
  }
  /// `STATE pid`, children `process:pid in out`, spawned `process:pid`.
  std::string resumed() {
    bring_up_to_date(image, *desk);
    const auto& process = image.groups[0].processes[0];
    auto text = std::string(protocols::to_string(process.record.state)) + ' ' + std::to_string(process.record.pid);
    for (const auto& child : image.children)
      text += " pipes " + std::to_string(child.pid) + ' ' + std::to_string(child.in) + ' ' +
              std::to_string(child.out ? child.out->pipe : -1) + ' ' + std::to_string(child.err ? child.err->pipe : -1);
    for (const auto& made : image.spawned)
      text += " spawned " + std::to_string(made.pid);
    return text;
  }

  unique_fd keeper_end;
  std::shared_ptr<keeper_desk> desk;
  process_cell_ptr cell = std::make_shared<process_cell>();
  carried_runtime image;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(who_never_ran_is_as_in_the_image, fixture) { BOOST_TEST(resumed() == "STOPPED 0"); }

BOOST_FIXTURE_TEST_CASE(a_spawn_that_did_not_come_to_a_child, fixture) {
  note(process_state::starting, 0);
  desk->begin(cell->slot, cell->options.get());
  BOOST_TEST(resumed() == "STARTING 0");
}

BOOST_FIXTURE_TEST_CASE(a_child_that_nobody_has_told_of, fixture) {
  note(process_state::starting, 0);
  make_child(77);
  BOOST_TEST(resumed() == "STARTING 0 pipes 77 50 51 -1 spawned 77");
}

BOOST_FIXTURE_TEST_CASE(a_child_that_runs, fixture) {
  make_child(77);
  note(process_state::running, 77);
  BOOST_TEST(resumed() == "RUNNING 77 pipes 77 50 51 -1 spawned 77");
  BOOST_TEST((image.table.groups[0].members[0].state == process_state::running));
  BOOST_TEST(image.table.started);
  BOOST_TEST(!image.table.doors_shut);
  BOOST_TEST(!image.table.removing);
  BOOST_TEST(image.table.next_id == 2U);
}

BOOST_FIXTURE_TEST_CASE(pipes_of_the_life_before_are_not_taken, fixture) {
  make_child(77);
  slot().held_life = slot().life - 1;
  note(process_state::running, 77);
  BOOST_TEST(resumed() == "RUNNING 77 spawned 77");
}

BOOST_FIXTURE_TEST_CASE(an_end_that_nobody_has_handled, fixture) {
  make_child(77);
  note(process_state::running, 77);
  end_child(9, 1000);
  BOOST_TEST(resumed() == "RUNNING 77 pipes 77 50 51 -1 spawned 77");
  auto ends = desk->take_ends();
  BOOST_TEST_REQUIRE(ends.size() == 1U);
  BOOST_TEST(ends[0].what.pid == 77);
  BOOST_TEST(ends[0].what.wait_status == 9);
  BOOST_TEST((ends[0].what.at == time_point{std::chrono::milliseconds{1}}));
}

BOOST_FIXTURE_TEST_CASE(an_end_that_was_handled, fixture) {
  make_child(77);
  end_child(9, 1000);
  note(process_state::exited, 0, slot().life);
  BOOST_TEST(resumed() == "EXITED 0");
  BOOST_TEST(desk->take_ends().empty());
}

BOOST_FIXTURE_TEST_CASE(what_was_due_after_the_end_is_not_due_any_more, fixture) {
  make_child(77);
  cell->record.deadline = time_point{std::chrono::seconds{2}};
  note(process_state::starting, 77);
  end_child(9, 1'000'000);
  resumed();
  BOOST_TEST(!image.groups[0].processes[0].record.deadline);
}

BOOST_FIXTURE_TEST_CASE(what_was_due_before_the_end_still_is, fixture) {
  make_child(77);
  cell->record.deadline = time_point{std::chrono::seconds{2}};
  note(process_state::starting, 77);
  end_child(9, 3'000'000);
  resumed();
  BOOST_TEST(image.groups[0].processes[0].record.deadline.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_note_of_another_process_is_none, fixture) {
  cell->id = 9;
  note(process_state::running, 5);
  BOOST_TEST(resumed() == "STOPPED 0");
}

BOOST_FIXTURE_TEST_CASE(helpers_of_a_worker_that_died, fixture) {
  auto slot = desk->take_helper();
  BOOST_TEST_REQUIRE(slot.has_value());
  desk->begin(*slot, nullptr);
  desk->memory().slots[*slot].pid = 88;
  bring_up_to_date(image, *desk);
  BOOST_TEST(image.helpers == std::vector<int>{88});
}

/// Nobody's child: neither taken up nor killed with what died, and its end is nobody's.
BOOST_AUTO_TEST_CASE(a_leftover_has_a_slot_until_it_has_ended) {
  fixture f{{{"g:p", 66, SIGTERM, 10, true, false, 5}}};
  BOOST_TEST(f.cell->slot == 1U);
  auto left = f.desk->leftovers();
  BOOST_TEST_REQUIRE(left.size() == 1U);
  BOOST_TEST(left[0].first == 0U);
  BOOST_TEST((left[0].second == platform::leftover{"g:p", 66, SIGTERM, 10, true, false, 5}));
  BOOST_TEST(!f.desk->kill_at(0));
  std::chrono::steady_clock::time_point at{std::chrono::seconds{3}};
  f.desk->note_stop(0, at);
  BOOST_TEST((f.desk->kill_at(0) == at));
  BOOST_TEST(f.desk->leftovers().size() == 1U);
  f.desk->free_the_rest();
  BOOST_TEST(f.resumed() == "STOPPED 0");
  BOOST_TEST(f.image.helpers.empty());
  f.desk->end_leftover(0);
  BOOST_TEST(f.desk->leftovers().empty());
  BOOST_TEST(f.desk->take_ends().empty());
  BOOST_TEST(f.desk->begin(f.desk->take_helper().value(), nullptr) == 1U);
  BOOST_TEST(f.desk->is_helper(0));
  BOOST_TEST(f.desk->leftovers().empty());
}

BOOST_AUTO_TEST_SUITE_END()
