// Tasks: what is told arrives and can be stopped; every stage has words of its own.
#include "compute/train/train.h"
#include "ui/core/task_text.h"

#include <string.h>

static void keep_progress(struct task *task, const struct task_progress *progress)
{
    *(struct task_progress *)task->data = *progress;
}

static void test_report(void)
{
    struct task_progress seen = {0};
    struct task task = {.report = keep_progress, .data = &seen};
    task_report(&task, TASK_MERGING, 0.25);
    g_assert_cmpint(seen.stage, ==, TASK_MERGING);
    g_assert_cmpfloat(seen.fraction, ==, 0.25);
    g_assert_cmpint(seen.steps, ==, 0);
    g_assert_cmpfloat(seen.seconds_left, <, 0);
    task_report_step(&task, TASK_INVERTING, 3, 12);
    g_assert_cmpint(seen.stage, ==, TASK_INVERTING);
    g_assert_cmpint(seen.step, ==, 3);
    g_assert_cmpint(seen.steps, ==, 12);
    g_assert_cmpfloat(seen.fraction, ==, 0.25);
    g_assert_cmpfloat(seen.seconds_left, <, 0);
    task_report(NULL, TASK_MERGING, 1); // nobody watches
    task_report(&(struct task){0}, TASK_MERGING, 1);
}

static void test_cancelled(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct task task = {.cancellable = cancel};
    g_assert_false(task_cancelled(NULL, &error));
    g_assert_false(task_cancelled(&(struct task){0}, &error));
    g_assert_false(task_cancelled(&task, &error));
    g_assert_no_error(error);
    g_assert_null(task_cancellable(NULL));
    g_assert_true(task_cancellable(&task) == cancel);
    g_cancellable_cancel(cancel);
    g_assert_true(task_cancelled(&task, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

// A stage that was added without words gives an empty text. Each says something else than all
// others, and nothing is left to fill in.
static void check_texts(const struct task_progress *like)
{
    g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < TASK_STAGES; i++) {
        struct task_progress p = *like;
        p.stage = i;
        char *text = task_text(&p);
        g_test_message("%d: %s", i, text);
        g_assert_true(g_ascii_isupper(*text));
        g_assert_null(strpbrk(text, "{}"));
        g_assert_true(g_hash_table_add(all, text));
    }
}

static void test_words(void)
{
    const struct train_report training = {.loss_mean = 0.5};
    check_texts(&(struct task_progress){.fraction = -1, .seconds_left = -1});
    check_texts(&(struct task_progress){
        .step = 3, .steps = 12, .name = "vae.safetensors", .training = &training});
}

static void check(const struct task_progress *p, const char *expected)
{
    g_autofree char *text = task_text(p);
    g_assert_cmpstr(text, ==, expected);
}

static void test_numbers(void)
{
    const struct train_report training = {.loss_mean = 0.5};
    check(&(struct task_progress){.stage = TASK_DRAWING, .step = 12, .steps = 20},
          "Drawing: step 12 of 20");
    check(&(struct task_progress){.stage = TASK_DRAWING}, "Drawing");
    check(
        &(struct task_progress){
            .stage = TASK_LEARNING, .step = 3, .steps = 60, .training = &training},
        "Learning: step 3 of 60, loss 0.5000");
    check(&(struct task_progress){.stage = TASK_READING_FILE, .name = "a {step}.safetensors"},
          "Reading a {step}.safetensors");
}

static void test_time_left(void)
{
    g_autofree char *tenths = time_left_text(2.34), *seconds = time_left_text(24),
                    *minutes = time_left_text(150);
    g_assert_null(time_left_text(-1));
    g_assert_cmpstr(tenths, ==, "2.3 s left");
    g_assert_cmpstr(seconds, ==, "24 s left");
    g_assert_cmpstr(minutes, ==, "2 min left");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/task/report", test_report);
    g_test_add_func("/task/cancelled", test_cancelled);
    g_test_add_func("/task/words", test_words);
    g_test_add_func("/task/numbers", test_numbers);
    g_test_add_func("/task/time-left", test_time_left);
    return g_test_run();
}
