// Requests that take turns.
#include <gtest/gtest.h>

#include <memory>

#include "server.hpp"

namespace vz::http::test {
namespace {

// A mount on the listener of `server`, POST path/{subject}: the request takes the turn of the subject, and is held when
// that has come.
class Taker {
 public:
    Taker(Server& server, const char* path) : route_{"POST", path, VZH_WRITE, VZH_BODY_NONE, 0, 0, nullptr} {
        vz_error error{};
        EXPECT_EQ(vzh_declare(&server.host.table, &route_, 1, &take, this, &mount_, &error), VZ_OK) << error.message;
        EXPECT_EQ(vzh_start(mount_, &error), VZ_OK) << error.message;
    }
    ~Taker() { vzh_stop(mount_); }

    vzh_mount* mount() const { return mount_; }
    // So many requests have asked since the start.
    bool have_asked(int count) {
        return comes([&] { return asked_ >= count; });
    }
    // The request whose turn has come and was not returned before; nullptr: none in time.
    vzh_request* next() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(5), [&] { return !held_.empty(); })) return nullptr;
        vzh_request* const first = held_.front();
        held_.pop_front();
        return first;
    }
    bool has_none() {
        const std::lock_guard lock(mutex_);
        return held_.empty();
    }
    void take_another(vzh_request* r, vz_str subject) { vzh_take_turn(r, subject, &hold, this); }

 private:
    static void take(vzh_request* r, const vzh_view* view) noexcept {
        auto& taker = *static_cast<Taker*>(view->user);
        vzh_take_turn(r, view->params[0].value, &hold, &taker);
        ++taker.asked_;
    }
    static void hold(vzh_request* r, void* user) noexcept {
        auto& taker = *static_cast<Taker*>(user);
        const std::lock_guard lock(taker.mutex_);
        taker.held_.push_back(r);
        taker.changed_.notify_all();
    }

    const vzh_route route_;
    vzh_mount* mount_ = nullptr;
    std::atomic<int> asked_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<vzh_request*> held_;
};

std::string path_of(vzh_request* r) {
    const vz_str path = vzh_request_view(r)->path;
    return {path.data, path.size};
}

void reply(vzh_request* r) { vzh_reply(r, 200, "text/plain"); }

class Turns : public testing::Test {
 protected:
    Turns() : one_(std::make_unique<Taker>(server_, "/one/{subject}")) { server_.start(); }

    // It has asked when this returns.
    std::unique_ptr<Client> ask_for(Taker& taker, const std::string& path, int count) {
        auto client = std::make_unique<Client>(server_.port());
        client->send(post(path, ""));
        EXPECT_TRUE(taker.have_asked(count));
        return client;
    }

    Server server_;
    std::unique_ptr<Taker> one_;
};

TEST_F(Turns, come_in_the_order_in_which_they_were_asked_for) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(ask_for(*one_, "/one/x", i + 1));
    const auto other = ask_for(*one_, "/one/y", 5);
    vzh_request* has_turn = one_->next();
    vzh_request* has_other = one_->next();
    ASSERT_TRUE(has_turn != nullptr && has_other != nullptr);
    if (path_of(has_turn) == "/one/y") std::swap(has_turn, has_other);
    EXPECT_EQ(path_of(has_turn), "/one/x");
    EXPECT_EQ(path_of(has_other), "/one/y") << "another subject waits for nobody";
    reply(has_other);
    EXPECT_EQ(other->read().status, 200);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(one_->has_none()) << i;
        reply(has_turn);
        EXPECT_EQ(clients[i]->read().status, 200) << i;
        if (i == 3) break;
        has_turn = one_->next();
        ASSERT_NE(has_turn, nullptr) << i;
    }
}

TEST_F(Turns, end_with_a_refusal) {
    const auto first = ask_for(*one_, "/one/x", 1);
    const auto second = ask_for(*one_, "/one/x", 2);
    vzh_request* r = one_->next();
    ASSERT_NE(r, nullptr);
    vzh_refuse(r, 409, "conflict", {"no", 2}, {});
    EXPECT_EQ(first->read().status, 409);
    r = one_->next();
    ASSERT_NE(r, nullptr);
    reply(r);
    EXPECT_EQ(second->read().status, 200);
}

TEST_F(Turns, end_before_the_answer_when_that_is_asked_for) {
    const auto first = ask_for(*one_, "/one/x", 1);
    const auto second = ask_for(*one_, "/one/x", 2);
    vzh_request* const ended = one_->next();
    ASSERT_NE(ended, nullptr);
    vzh_end_turn(ended);
    vzh_end_turn(ended);  // it has none
    vzh_request* const r = one_->next();
    ASSERT_NE(r, nullptr);
    reply(r);
    EXPECT_EQ(second->read().status, 200);
    reply(ended);
    EXPECT_EQ(first->read().status, 200);
}

TEST_F(Turns, end_when_their_request_takes_another) {
    const auto first = ask_for(*one_, "/one/x", 1);
    vzh_request* const moved = one_->next();
    ASSERT_NE(moved, nullptr);
    const auto second = ask_for(*one_, "/one/x", 2);
    const auto third = ask_for(*one_, "/one/y", 3);
    vzh_request* const has_y = one_->next();
    ASSERT_NE(has_y, nullptr);
    one_->take_another(moved, {"y", 1});
    vzh_request* const has_x = one_->next();
    ASSERT_NE(has_x, nullptr);
    EXPECT_EQ(path_of(has_x), "/one/x");
    EXPECT_NE(has_x, moved);
    reply(has_x);
    EXPECT_EQ(second->read().status, 200);
    EXPECT_TRUE(one_->has_none());
    reply(has_y);
    EXPECT_EQ(third->read().status, 200);
    EXPECT_EQ(one_->next(), moved);
    reply(moved);
    EXPECT_EQ(first->read().status, 200);
}

// Its own turn again goes to who waits first.
TEST_F(Turns, taken_twice_let_others_go_first) {
    const auto first = ask_for(*one_, "/one/x", 1);
    vzh_request* const again = one_->next();
    ASSERT_NE(again, nullptr);
    const auto second = ask_for(*one_, "/one/x", 2);
    one_->take_another(again, {"x", 1});
    vzh_request* const r = one_->next();
    ASSERT_NE(r, nullptr);
    EXPECT_NE(r, again);
    reply(r);
    EXPECT_EQ(second->read().status, 200);
    EXPECT_EQ(one_->next(), again);
    reply(again);
    EXPECT_EQ(first->read().status, 200);
}

TEST_F(Turns, are_taken_at_once_where_nobody_has_them) {
    const auto first = ask_for(*one_, "/one/x", 1);
    vzh_request* const has_x = one_->next();
    const auto second = ask_for(*one_, "/one/y", 2);
    vzh_request* const other = one_->next();
    ASSERT_TRUE(has_x != nullptr && other != nullptr);
    EXPECT_EQ(vzh_take_turn_if_free(other, {"x", 1}), 0U);
    const auto third = ask_for(*one_, "/one/y", 3);
    vzh_request* const has_y = one_->next();
    ASSERT_NE(has_y, nullptr) << "the one it had has ended";
    reply(has_x);
    EXPECT_EQ(first->read().status, 200);
    EXPECT_EQ(vzh_take_turn_if_free(other, {"x", 1}), 1U);
    const auto fourth = ask_for(*one_, "/one/x", 4);
    EXPECT_TRUE(one_->has_none());
    reply(other);
    EXPECT_EQ(second->read().status, 200);
    vzh_request* const next = one_->next();
    ASSERT_NE(next, nullptr);
    for (vzh_request* const r : {has_y, next}) reply(r);
    EXPECT_EQ(third->read().status, 200);
    EXPECT_EQ(fourth->read().status, 200);
}

TEST_F(Turns, come_to_requests_whose_client_is_gone) {
    const auto first = ask_for(*one_, "/one/x", 1);
    const auto gone = ask_for(*one_, "/one/x", 2);
    const auto third = ask_for(*one_, "/one/x", 3);
    gone->close_now();
    for (int i = 0; i < 3; ++i) {
        vzh_request* const r = one_->next();
        ASSERT_NE(r, nullptr) << i;
        EXPECT_TRUE(one_->has_none()) << i;
        reply(r);
    }
    EXPECT_EQ(first->read().status, 200);
    EXPECT_EQ(third->read().status, 200);
}

TEST_F(Turns, come_to_requests_of_a_mount_that_drains) {
    const auto first = ask_for(*one_, "/one/x", 1);
    const auto second = ask_for(*one_, "/one/x", 2);
    vzh_drain(one_->mount());
    EXPECT_EQ(ask(server_.port(), post("/one/x", "")).status, 503);
    vzh_request* r = one_->next();
    ASSERT_NE(r, nullptr);
    reply(r);
    EXPECT_EQ(first->read().status, 200);
    EXPECT_EQ(vzh_idle(one_->mount()), 0U);
    r = one_->next();
    ASSERT_NE(r, nullptr);
    reply(r);
    EXPECT_EQ(second->read().status, 200);
    EXPECT_TRUE(comes([&] { return vzh_idle(one_->mount()) == 1; }));
}

TEST_F(Turns, are_those_of_all_mounts) {
    Taker two(server_, "/two/{subject}");
    const auto first = ask_for(*one_, "/one/x", 1);
    const auto second = ask_for(two, "/two/x", 1);
    vzh_request* r = one_->next();
    ASSERT_NE(r, nullptr);
    EXPECT_TRUE(two.has_none());
    reply(r);
    EXPECT_EQ(first->read().status, 200);
    r = two.next();
    ASSERT_NE(r, nullptr);
    reply(r);
    EXPECT_EQ(second->read().status, 200);
}

}  // namespace
}  // namespace vz::http::test
