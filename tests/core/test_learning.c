// Learning that is stopped, closed in the middle, killed, begun anew: what is left goes on.
#include "tests/core/session_fixture.h"

static bool three_steps(struct fixture *f)
{
    return loss_steps(f) >= 3;
}

static void resume_to(struct fixture *f, int steps)
{
    g_assert_true(f->project->can_resume);
    g_assert_cmpint(f->project->resume_steps, ==, steps);
    tincture_session_learn_resume(f->session);
    g_assert_true(job_kind(f) == &learn_job);
    wait_until(f, learning_is_over, "the resumed training is over");
    g_assert_false(f->project->can_resume);
    g_assert_cmpint(loss_steps(f), ==, steps);
    for (int i = 0; i < steps; i++) {
        g_assert_cmpfloat(g_array_index(f->project->loss, double, i), >, 0);
    }
    g_assert_cmpuint(tincture_project_n_adapters(f->project), ==, 1);
    g_assert_cmpint(f->messages[MESSAGE_ERROR], ==, 0);
}

static void test_cancel_learning(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 12);
    wait_until(&f, three_steps, "three steps are done");
    g_assert_false(tincture_queue_shown(f.queue, NULL)->type->rank & JOB_LASTING);
    tincture_session_cancel(f.session);
    wait_idle(&f);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 1);
    resume_to(&f, 12);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0); // a checkpoint that nobody needs any more

    // Closing in the middle of a training and of an edit.
    fixture_learn(&f, 12);
    wait_until(&f, three_steps, "three steps are done");
    fixture_close(&f);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_true(f.project->can_resume);
    tincture_project_set_prompt(f.project, "a pear");
    wait_ms(300);
    fixture_end(&f);
}

// A training that was stopped before its first step cannot be continued: learning begins anew.
static void test_cancel_early(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 2);
    tincture_session_cancel(f.session);
    wait_idle(&f);
    g_assert_false(f.project->can_resume);
    g_assert_cmpint(f.loss_seen, ==, 0);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 0);
    tincture_session_learn(f.session);
    wait_until(&f, learning_is_over, "the training is over");
    g_assert_cmpint(loss_steps(&f), ==, 2);
    g_assert_cmpuint(tincture_project_n_adapters(f.project), ==, 1);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

static bool twelve_steps(struct fixture *f)
{
    return loss_steps(f) >= 12;
}

static void check_waits(struct fixture *f, int steps)
{
    g_assert_true(f->project->can_resume);
    g_assert_cmpint(f->project->resume_steps, ==, steps);
    g_assert_cmpuint(fixture_checkpoints(f), ==, 1);
}

// Learning continues a training that was stopped. A new one takes its place only once it could be
// continued itself.
static void test_start_over(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 40);
    wait_until(&f, three_steps, "three steps are done");
    tincture_session_cancel(f.session);
    wait_idle(&f);
    check_waits(&f, 40);
    const int step = f.project->resume_step;
    tincture_session_learn(f.session);
    g_assert_cmpint(loss_steps(&f), >=, step);
    tincture_session_cancel(f.session);
    wait_idle(&f);
    check_waits(&f, 40);

    fixture_learn(&f, 60); // stopped before its first step
    g_assert_cmpint(loss_steps(&f), ==, 0);
    tincture_session_cancel(f.session);
    wait_idle(&f);
    check_waits(&f, 40);
    g_assert_cmpint(loss_steps(&f), >=, step);
    fixture_learn(&f, 60);
    fixture_close(&f);
    fixture_open(&f);
    wait_idle(&f);
    check_waits(&f, 40);

    fixture_learn(&f, 60);
    wait_until(&f, twelve_steps, "there is a checkpoint");
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 1); // its own
    tincture_session_cancel(f.session);
    wait_idle(&f);
    check_waits(&f, 60);
    fixture_learn(&f, 2); // done before its first checkpoint: there is nothing to resume any more
    wait_until(&f, learning_is_over, "the training is over");
    g_assert_false(f.project->can_resume);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0);
    fixture_close(&f);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_false(f.project->can_resume);
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    fixture_end(&f);
}

static bool edited_while_learning(struct fixture *f)
{
    g_assert_true(tincture_queue_find(f->queue, NULL, &learn_job) != NULL);
    return f->project->after.rgba && !f->project->drawing &&
           g_str_equal(f->project->result->document.prompt, f->project->document.prompt);
}

static bool exported_while_learning(struct fixture *f)
{
    g_assert_true(tincture_queue_find(f->queue, NULL, &learn_job) != NULL);
    return f->messages[MESSAGE_EXPORTED] == 1;
}

// A live edit and an export go before a training, which goes on as if nothing had been.
static void test_edit_meanwhile(void)
{
    struct fixture f;
    fixture_begin(&f);
    fixture_open(&f);
    fixture_photo(&f);
    fixture_learn(&f, 20);
    wait_until(&f, learning_is_over, "the training is over");
    g_autoptr(GArray) alone = g_array_copy(f.project->loss);
    g_assert_cmpuint(alone->len, ==, 20);
    wait_idle(&f);
    fixture_learn(&f, 20);
    wait_until(&f, three_steps, "three steps are done");
    tincture_project_set_prompt(f.project, "a pear");
    wait_until(&f, edited_while_learning, "the edit is there before the training is over");
    tincture_project_set_prompt(f.project, "a plum");
    wait_until(&f, edited_while_learning, "so is the next one");
    g_autofree char *file = g_build_filename(f.dir, "plum.png", NULL);
    fixture_export(f.session, file, false, 90, 8);
    wait_until(&f, exported_while_learning, "the file is there before the training is over");
    wait_until(&f, learning_is_over, "the training is over");
    g_assert_cmpmem(f.project->loss->data, f.project->loss->len * sizeof(double), alone->data,
                    alone->len * sizeof(double));
    g_assert_cmpint(f.messages[MESSAGE_ERROR], ==, 0);
    g_assert_cmpuint(fixture_checkpoints(&f), ==, 0);

    // Stopped while the edit has the engine, it can be gone on with.
    fixture_learn(&f, 40);
    wait_until(&f, three_steps, "three steps are done");
    tincture_project_set_prompt(f.project, "a pear on a plate");
    wait_until(&f, edited_while_learning, "the edit is there");
    tincture_job_cancel(tincture_queue_find(f.queue, NULL, &learn_job));
    wait_idle(&f);
    check_waits(&f, 40);
    fixture_end(&f);
}

static void test_killed(void)
{
    struct fixture f;
    fixture_begin(&f);
    const GPid pid = fixture_start_trainer(&f, 14);
    fixture_kill_trainer(pid);
    fixture_open(&f);
    wait_idle(&f);
    g_assert_cmpstr(f.project->document.source_prompt, ==, "a red apple");
    resume_to(&f, 14);
    fixture_end(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (fixture_is_trainer(argc, argv)) {
        return 0;
    }
    g_test_add_func("/learning/cancel", test_cancel_learning);
    g_test_add_func("/learning/cancel-early", test_cancel_early);
    g_test_add_func("/learning/start-over", test_start_over);
    g_test_add_func("/learning/edit-meanwhile", test_edit_meanwhile);
    g_test_add_func("/learning/killed", test_killed);
    return g_test_run();
}
