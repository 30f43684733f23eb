// The queue without a model: jobs that a test lets begin and end. Order, live jobs, pause,
// cancelling, failure, what the list model says, and the end.
#include "ui/core/queue.h"

#include <string.h>

// ---- jobs of the test ---------------------------------------------------------------------------

// What the jobs share with the test.
static struct {
    GMutex mutex;
    GCond changed;
    bool gates[8];   // by in.id: run() ends once its gate is open
    GString *ran;    // names of the jobs that began, in order
    GString *let_go; // of those that gave back what they had left
} world;

static bool wait_for_gate(TinctureJob *job, GError **error)
{
    bool stopped = false;
    g_mutex_lock(&world.mutex);
    while (!world.gates[job->in.id] && !(stopped = task_cancelled(&job->task, error))) {
        g_cond_wait_until(&world.changed, &world.mutex, g_get_monotonic_time() + 2000);
    }
    g_mutex_unlock(&world.mutex);
    return !stopped;
}

static bool run(TinctureJob *job, struct engine *engine, GError **error)
{
    g_mutex_lock(&world.mutex);
    g_string_append(world.ran, job->in.title);
    g_mutex_unlock(&world.mutex);
    task_report(&job->task, TASK_DRAWING, 0.5);
    if (!wait_for_gate(job, error)) {
        return false;
    }
    job->out.note = g_strdup(job->in.title);
    return true;
}

static void let_go(TinctureJob *job, struct engine *engine)
{
    g_mutex_lock(&world.mutex);
    g_string_append(world.let_go, job->in.title);
    g_mutex_unlock(&world.mutex);
}

static bool run_badly(TinctureJob *job, struct engine *engine, GError **error)
{
    g_set_error_literal(error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED, "it never works");
    return false;
}

static bool run_asking(TinctureJob *job, struct engine *engine, GError **error)
{
    if (!job_ask(job, job->in.title)) {
        return !task_cancelled(&job->task, error);
    }
    return run(job, engine, error);
}

static bool prepare(TinctureJob *job, GError **error)
{
    return wait_for_gate(job, error);
}

static const struct job_type plain = {.member = {.name = "plain"}, .run = run, .let_go = let_go};
static const struct job_type live = {.member = {.name = "live"}, .rank = JOB_LIVE, .run = run};
static const struct job_type watched = {
    .member = {.name = "watched"}, .rank = JOB_WATCHED, .run = run};
static const struct job_type lasting = {
    .member = {.name = "lasting"}, .rank = JOB_LASTING, .run = run};
static const struct job_type promised = {
    .member = {.name = "promised"}, .rank = JOB_PROMISED, .run = run};
static const struct job_type prepared = {
    .member = {.name = "prepared"}, .prepare = prepare, .run = run};
static const struct job_type only_prepared = {.member = {.name = "only"}, .prepare = prepare};
static const struct job_type asking = {
    .member = {.name = "asking"}, .rank = JOB_PROMISED, .run = run_asking};
static const struct job_type patient = {
    .member = {.name = "patient"}, .rank = JOB_PATIENT, .run = run};
static const struct job_type stays = {.member = {.name = "stays"}, .rank = JOB_STAYS, .run = run};
static const struct job_type apart = {
    .member = {.name = "apart"}, .rank = JOB_WATCHED | JOB_APART, .run = run};
static const struct job_type bad = {.member = {.name = "bad"}, .run = run_badly};
static const struct job_type bad_live = {
    .member = {.name = "bad-live"}, .rank = JOB_LIVE, .run = run_badly};

// ---- a queue that is listened to ----------------------------------------------------------------

struct fixture {
    TinctureQueue *queue;
    GString *finished; // names of the jobs that ended, in order; "x" behind a cancelled one
    GPtrArray *mirror; // the list as its signals describe it
    TinctureJob *last; // that finished
    int changes, reports, asked;
};

static void items_changed_cb(GListModel *model, guint position, guint removed, guint added,
                             struct fixture *f)
{
    g_assert_cmpuint(position + removed, <=, f->mirror->len);
    for (guint i = 0; i < removed; i++) {
        g_ptr_array_remove_index(f->mirror, position);
    }
    for (guint i = 0; i < added; i++) {
        g_ptr_array_insert(f->mirror, (gint)(position + i),
                           g_list_model_get_item(model, position + i));
    }
    g_assert_cmpuint(g_list_model_get_n_items(model), ==, f->mirror->len);
    for (guint i = 0; i < f->mirror->len; i++) {
        g_autoptr(TinctureJob) job = g_list_model_get_item(model, i);
        g_assert_true(job == f->mirror->pdata[i]);
    }
    g_assert_null(g_list_model_get_item(model, f->mirror->len));
}

static void finished_cb(TinctureQueue *queue, TinctureJob *job, struct fixture *f)
{
    g_string_append_printf(f->finished, "%s%s", job->in.title,
                           job->state == JOB_CANCELLED ? "x" : "");
    g_assert_false(g_ptr_array_find(f->mirror, job, NULL));
    g_assert_cmpint(job->error != NULL, ==, job->state != JOB_DONE);
    g_set_object(&f->last, job);
}

static void changed_cb(TinctureQueue *queue, struct fixture *f)
{
    f->changes++;
}

static void report_cb(TinctureQueue *queue, TinctureJob *job, const struct job_report *report,
                      struct fixture *f)
{
    g_assert_cmpfloat(report->fraction, ==, 0.5);
    g_assert_cmpstr(report->text, ==, "Drawing");
    f->reports++;
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){.queue = tincture_queue_new(NULL), .finished = g_string_new(NULL)};
    f->mirror = g_ptr_array_new_with_free_func(g_object_unref);
    memset(world.gates, 0, sizeof world.gates);
    world.ran = g_string_new(NULL);
    world.let_go = g_string_new(NULL);
    g_signal_connect(f->queue, "items-changed", G_CALLBACK(items_changed_cb), f);
    g_signal_connect(f->queue, "finished", G_CALLBACK(finished_cb), f);
    g_signal_connect(f->queue, "changed", G_CALLBACK(changed_cb), f);
    g_signal_connect(f->queue, "report", G_CALLBACK(report_cb), f);
}

static void end(struct fixture *f)
{
    tincture_queue_close(f->queue);
    g_assert_cmpuint(f->mirror->len, ==, 0);
    while (g_main_context_iteration(NULL, FALSE)) { // what was still on its way
    }
    g_assert_finalize_object(f->queue);
    g_clear_object(&f->last);
    g_ptr_array_unref(f->mirror);
    g_string_free(f->finished, TRUE);
    g_string_free(world.ran, TRUE);
    g_string_free(world.let_go, TRUE);
}

// Its name is a letter, its gate that of the letter.
static TinctureJob *submit_for(struct fixture *f, gpointer owner, const struct job_type *type,
                               const char *name)
{
    const struct job_inputs in = {.title = name, .id = *name - 'a'};
    TinctureJob *job = tincture_job_new(type, &in);
    tincture_queue_submit(f->queue, owner, job);
    return job; // the queue's
}

static TinctureJob *submit(struct fixture *f, const struct job_type *type, const char *name)
{
    return submit_for(f, NULL, type, name);
}

static void open_gates(const char *names)
{
    g_mutex_lock(&world.mutex);
    for (; *names; names++) {
        world.gates[*names - 'a'] = true;
    }
    g_cond_broadcast(&world.changed);
    g_mutex_unlock(&world.mutex);
}

static void wait_finished(struct fixture *f, const char *names)
{
    while (!g_str_equal(f->finished->str, names)) {
        g_assert_cmpuint(f->finished->len, <, strlen(names)); // never another order
        g_main_context_iteration(NULL, TRUE);
    }
}

static void wait_running(TinctureJob *job)
{
    while (job->fraction < 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpint(job->state, ==, JOB_RUNNING);
}

// The thread takes them in this order.
static void wait_ran(const char *names)
{
    g_mutex_lock(&world.mutex);
    while (!g_str_equal(world.ran->str, names)) {
        g_assert_true(g_str_has_prefix(names, world.ran->str));
        g_cond_wait_until(&world.changed, &world.mutex, g_get_monotonic_time() + 2000);
    }
    g_mutex_unlock(&world.mutex);
}

// The names in the list.
static void assert_list(struct fixture *f, const char *names)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < f->mirror->len; i++) {
        g_string_append(list, ((const TinctureJob *)f->mirror->pdata[i])->in.title);
    }
    g_assert_cmpstr(list->str, ==, names);
}

// ---- order --------------------------------------------------------------------------------------

static void test_order(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &plain, "a");
    g_assert_cmpint(a->state, ==, JOB_RUNNING);
    TinctureJob *b = submit(&f, &plain, "b");
    g_assert_cmpint(b->state, ==, JOB_WAITING);
    submit(&f, &plain, "c");
    assert_list(&f, "abc");
    g_assert_true(tincture_queue_shown(f.queue, NULL) == a);
    wait_running(a);
    g_assert_cmpint(f.reports, ==, 1);
    open_gates("cba"); // the order of the gates is not the order of the jobs
    wait_finished(&f, "abc");
    g_assert_cmpstr(world.ran->str, ==, "abc");
    g_assert_cmpint(f.last->state, ==, JOB_DONE);
    g_assert_cmpstr(f.last->out.note, ==, "c");
    g_assert_null(tincture_queue_shown(f.queue, NULL));
    end(&f);
}

// A live job comes before what waits, behind live ones that wait already, and disturbs neither them
// nor what has to last.
static void test_live(void)
{
    struct fixture f;
    begin(&f);
    submit(&f, &lasting, "a");
    submit(&f, &plain, "b");
    submit(&f, &live, "c");
    submit(&f, &live, "d");
    submit(&f, &plain, "e");
    assert_list(&f, "acdbe");
    open_gates("abcde");
    wait_finished(&f, "acdbe");
    g_assert_cmpstr(world.ran->str, ==, "acdbe");
    end(&f);
}

// What runs stops for a live job, keeps its place, and goes on when that is done: a moment
// later, so that the next change does not find it at work.
static void test_makes_way(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &plain, "a");
    submit(&f, &plain, "b");
    wait_running(a);
    submit(&f, &live, "c");
    assert_list(&f, "acb");
    open_gates("c");
    wait_finished(&f, "c");
    assert_list(&f, "ab");
    g_assert_cmpint(a->state, ==, JOB_WAITING);
    submit(&f, &live, "d");
    open_gates("d");
    wait_finished(&f, "cd");
    g_assert_cmpstr(world.ran->str, ==, "acd");
    open_gates("ab");
    wait_finished(&f, "cdab");
    g_assert_cmpstr(world.ran->str, ==, "acdab");
    g_assert_cmpint(f.last->state, ==, JOB_DONE);
    g_assert_cmpstr(world.let_go->str, ==, "");

    // One that is stopped while it waits to go on gives back what it has left; one that was not
    // begun has left nothing.
    TinctureJob *e = submit(&f, &plain, "e");
    TinctureJob *g = submit(&f, &plain, "g");
    wait_running(e);
    submit(&f, &live, "f");
    open_gates("f");
    wait_finished(&f, "cdabf");
    tincture_job_cancel(e);
    tincture_job_cancel(g);
    wait_finished(&f, "cdabfexgx");
    tincture_queue_close(f.queue);
    g_assert_cmpstr(world.let_go->str, ==, "e");
    end(&f);
}

// One that was promised is done also where the end finds it making way.
static void test_close_in_between(void)
{
    struct fixture f;
    begin(&f);
    wait_running(submit(&f, &promised, "a"));
    submit(&f, &live, "b");
    open_gates("a");
    tincture_queue_close(f.queue);
    g_assert_cmpint(world.ran->str[world.ran->len - 1], ==, 'a');
    g_assert_true(g_str_equal(world.ran->str, "a") || g_str_equal(world.ran->str, "aa"));
    end(&f);
}

// What a person orders, lets wait, lets go on.
static void test_by_hand(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &plain, "a");
    TinctureJob *b = submit(&f, &plain, "b");
    TinctureJob *c = submit(&f, &patient, "c");
    wait_running(a);
    g_assert_false(tincture_queue_move(f.queue, a, 1)); // it runs
    g_assert_false(tincture_queue_move(f.queue, b, -1));
    g_assert_false(tincture_queue_move(f.queue, c, 1));
    g_assert_true(tincture_queue_move(f.queue, c, -1));
    assert_list(&f, "acb");
    tincture_queue_pause(f.queue, a, true);
    g_assert_true(a->paused);
    wait_running(c);
    assert_list(&f, "cab"); // it has kept its place
    g_assert_true(tincture_queue_shown(f.queue, NULL) == c);
    open_gates("c");
    wait_finished(&f, "c");
    open_gates("b");
    wait_finished(&f, "cb");
    assert_list(&f, "a");
    g_assert_cmpint(a->state, ==, JOB_WAITING);
    g_assert_true(tincture_queue_is_free(f.queue));
    g_assert_true(tincture_queue_shown(f.queue, NULL) == a);
    tincture_queue_pause(f.queue, a, false);
    open_gates("a");
    wait_finished(&f, "cba");
    g_assert_cmpstr(world.ran->str, ==, "acba");
    end(&f);
}

// A patient job stops for any other that comes, also a prepared one, and begins again; it waits
// behind those that come later, and a person can stop it meanwhile.
static void test_patient(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &patient, "a");
    wait_running(a);
    g_assert_true(tincture_queue_is_free(f.queue));
    submit(&f, &live, "b");
    g_assert_false(tincture_queue_is_free(f.queue));
    submit(&f, &patient, "c");
    submit(&f, &plain, "d");
    assert_list(&f, "abdc");
    open_gates("bd");
    wait_finished(&f, "bd");
    assert_list(&f, "ca");
    open_gates("c");
    wait_finished(&f, "bdc");
    submit(&f, &prepared, "e");
    open_gates("e");
    wait_finished(&f, "bdce");
    g_assert_true(tincture_queue_cancel(f.queue, NULL, NULL)); // there is nothing else
    wait_finished(&f, "bdceax");
    g_assert_cmpint(f.last->state, ==, JOB_CANCELLED);

    // What a person stops is what hurries.
    TinctureJob *p = submit(&f, &patient, "f");
    submit(&f, &plain, "g");
    g_assert_true(tincture_queue_cancel(f.queue, NULL, NULL));
    wait_finished(&f, "bdceaxgx");
    open_gates("f");
    wait_finished(&f, "bdceaxgxf");
    g_assert_true(f.last == p);
    g_assert_cmpint(p->state, ==, JOB_DONE);
    end(&f);
}

// What is made apart, as a training is, stops for what was promised, as an export is, and goes on
// at once from its own place: before what waits behind it, and for nothing else.
static void test_promised(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &apart, "a");
    wait_running(a);
    submit(&f, &plain, "b");
    submit(&f, &apart, "c");
    submit(&f, &patient, "d");
    assert_list(&f, "abcd");
    g_assert_cmpstr(world.ran->str, ==, "a");
    submit(&f, &promised, "e");
    assert_list(&f, "abecd");
    open_gates("e");
    wait_finished(&f, "e");
    assert_list(&f, "abcd");
    wait_ran("aea");

    // A live one before it, both before what made way; what runs by then is not disturbed.
    submit(&f, &promised, "f");
    submit(&f, &live, "g");
    open_gates("g");
    wait_finished(&f, "eg");
    submit(&f, &promised, "h");
    open_gates("fh");
    wait_finished(&f, "egfh");
    assert_list(&f, "abcd");
    open_gates("abcd");
    wait_finished(&f, "egfhabcd");
    g_assert_cmpstr(world.ran->str, ==, "aeagfhabcd");
    end(&f);
}

// One that waits for a disk holds up nobody, and what runs is the first of the list.
static void test_prepare(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &prepared, "a");
    g_assert_cmpint(a->state, ==, JOB_PREPARING);
    TinctureJob *b = submit(&f, &plain, "b");
    g_assert_cmpint(b->state, ==, JOB_RUNNING);
    assert_list(&f, "ba");
    open_gates("b");
    wait_finished(&f, "b");
    g_assert_true(tincture_queue_find(f.queue, NULL, &prepared) == a);
    g_assert_null(tincture_queue_find(f.queue, NULL, &plain));
    g_assert_cmpstr(world.ran->str, ==, "b");
    open_gates("a");
    wait_finished(&f, "ba");
    g_assert_cmpstr(world.ran->str, ==, "ba");
    end(&f);
}

// One that has nothing to do on the engine's thread does not wait for it.
static void test_only_prepared(void)
{
    struct fixture f;
    begin(&f);
    submit(&f, &plain, "a");
    submit(&f, &only_prepared, "b");
    open_gates("b");
    wait_finished(&f, "b");
    g_assert_cmpint(f.last->state, ==, JOB_DONE);
    submit(&f, &only_prepared, "c");
    g_assert_true(tincture_queue_cancel(f.queue, NULL, &only_prepared));
    wait_finished(&f, "bcx");
    open_gates("a");
    wait_finished(&f, "bcxa");
    g_assert_cmpstr(world.ran->str, ==, "a");
    end(&f);
}

static void test_shown(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &plain, "a");
    g_assert_true(tincture_queue_shown(f.queue, NULL) == a);
    TinctureJob *b = submit(&f, &watched, "b");
    g_assert_true(tincture_queue_shown(f.queue, NULL) == b); // also while it waits
    open_gates("ab");
    wait_finished(&f, "ab");
    end(&f);
}

// ---- pause and failure --------------------------------------------------------------------------

static void test_pause(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &plain, "a");
    wait_running(a);
    TinctureJob *b = submit(&f, &plain, "b");
    const int changes = f.changes;
    tincture_queue_set_paused(f.queue, true);
    g_assert_true(tincture_queue_is_paused(f.queue));
    g_assert_cmpint(f.changes, >, changes);
    TinctureJob *c = submit(&f, &live, "c");
    TinctureJob *d = submit(&f, &plain, "d");
    open_gates("abcd");
    wait_finished(&f, "a"); // what runs goes on
    assert_list(&f, "cbd");
    g_assert_cmpint(c->state, ==, JOB_WAITING);
    tincture_job_cancel(d); // ends all the same
    wait_finished(&f, "adx");
    g_assert_cmpint(b->state, ==, JOB_WAITING);
    g_assert_cmpstr(world.ran->str, ==, "a");
    tincture_queue_set_paused(f.queue, false);
    wait_finished(&f, "adxcb");
    end(&f);
}

static void test_failure(void)
{
    struct fixture f;
    begin(&f);
    submit(&f, &bad, "a");
    submit(&f, &plain, "b");
    open_gates("b");
    wait_finished(&f, "a");
    g_assert_cmpint(f.last->state, ==, JOB_FAILED);
    g_assert_error(f.last->error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED);
    wait_finished(&f, "ab"); // the next one is not harmed
    g_assert_cmpint(f.last->state, ==, JOB_DONE);

    // It is kept until it is forgotten; a live one is not.
    GListModel *failed = tincture_queue_get_failed(f.queue);
    g_assert_cmpuint(g_list_model_get_n_items(failed), ==, 1);
    submit(&f, &bad_live, "c");
    wait_finished(&f, "abc");
    g_assert_cmpuint(g_list_model_get_n_items(failed), ==, 1);
    submit(&f, &bad, "d");
    wait_finished(&f, "abcd");
    g_assert_cmpuint(g_list_model_get_n_items(failed), ==, 2);
    g_autoptr(TinctureJob) newest = g_list_model_get_item(failed, 0);
    g_assert_cmpstr(newest->in.title, ==, "d");
    g_assert_error(newest->error, TINCTURE_ERROR, TINCTURE_ERROR_FAILED);
    tincture_queue_forget(f.queue, newest);
    g_assert_cmpuint(g_list_model_get_n_items(failed), ==, 1);
    end(&f);
}

// ---- cancelling ---------------------------------------------------------------------------------

static void test_cancel(void)
{
    struct fixture f;
    begin(&f);
    TinctureJob *a = submit(&f, &plain, "a");
    wait_running(a);
    TinctureJob *b = submit(&f, &plain, "b");
    submit(&f, &watched, "c"); // another kind
    submit(&f, &prepared, "d");
    tincture_job_cancel(b); // waits: goes at once, but not inside the call
    g_assert_cmpstr(f.finished->str, ==, "");
    g_assert_true(tincture_queue_find(f.queue, NULL, &plain) == b);
    wait_finished(&f, "bx");
    g_assert_cmpint(a->state, ==, JOB_RUNNING);
    g_assert_true(tincture_queue_cancel(f.queue, NULL, &prepared)); // is being prepared
    wait_finished(&f, "bxdx");
    g_assert_true(tincture_queue_cancel(f.queue, NULL, &plain)); // runs
    g_assert_false(tincture_queue_cancel(f.queue, NULL, &prepared));
    wait_finished(&f, "bxdxax");
    open_gates("c");
    wait_finished(&f, "bxdxaxc");
    g_assert_cmpstr(world.ran->str, ==, "ac");
    end(&f);
}

static void test_cancel_all(void)
{
    struct fixture f;
    begin(&f);
    submit(&f, &lasting, "a");
    submit(&f, &plain, "b");
    submit(&f, &live, "c");
    g_assert_true(tincture_queue_cancel(f.queue, NULL, NULL));
    wait_finished(&f, "cxbx");
    g_assert_true(tincture_queue_find(f.queue, NULL, &lasting) != NULL);
    open_gates("a");
    wait_finished(&f, "cxbxa");
    g_assert_false(tincture_queue_cancel(f.queue, NULL, NULL));
    end(&f);
}

// What was promised and waits is stopped only where nothing else is left to stop.
static void test_cancel_promised(void)
{
    struct fixture f;
    begin(&f);
    submit(&f, &plain, "a");
    TinctureJob *b = submit(&f, &promised, "b");
    submit(&f, &promised, "c");
    g_assert_true(tincture_queue_cancel(f.queue, NULL, NULL));
    wait_finished(&f, "ax");
    wait_running(b);
    g_assert_true(tincture_queue_cancel(f.queue, NULL, NULL)); // that which runs
    wait_finished(&f, "axbx");
    open_gates("c");
    wait_finished(&f, "axbxc");
    end(&f);
}

// ---- questions ----------------------------------------------------------------------------------

static void question_cb(TinctureQueue *queue, TinctureJob *job, const char *text, struct fixture *f)
{
    g_assert_cmpstr(text, ==, job->in.title);
    f->asked++;
    if (*text != 'c') {
        tincture_job_answer(job, *text == 'a');
        tincture_job_answer(job, *text != 'a'); // too late
    }
}

static void wait_asked(struct fixture *f, int times)
{
    while (f->asked < times) {
        g_main_context_iteration(NULL, TRUE);
    }
}

// Yes, no, and cancelled in the place of an answer.
static void test_question(void)
{
    struct fixture f;
    begin(&f);
    g_signal_connect(f.queue, "question", G_CALLBACK(question_cb), &f);
    open_gates("abcd");
    submit(&f, &asking, "a");
    submit(&f, &asking, "b");
    TinctureJob *c = submit(&f, &asking, "c");
    wait_asked(&f, 3);
    g_assert_cmpstr(f.finished->str, ==, "abx");
    tincture_job_cancel(c);
    wait_finished(&f, "abxcx");
    g_assert_cmpstr(world.ran->str, ==, "a");
    end(&f);
}

// Where nobody is asked, what was asked for is done: without a window, and when it closes.
static void test_question_to_nobody(void)
{
    struct fixture f;
    begin(&f);
    open_gates("abcd");
    submit(&f, &asking, "d");
    wait_finished(&f, "d");
    g_signal_connect(f.queue, "question", G_CALLBACK(question_cb), &f);
    submit(&f, &asking, "c");
    wait_asked(&f, 1);
    tincture_queue_close(f.queue);
    g_assert_cmpstr(world.ran->str, ==, "dc");
    end(&f);
}

// ---- the end ------------------------------------------------------------------------------------

// What was promised is done, all else is cancelled; nobody hears of it, and nothing is taken any
// more.
static void test_close(void)
{
    struct fixture f;
    begin(&f);
    wait_running(submit(&f, &plain, "a"));
    submit(&f, &plain, "b");
    submit(&f, &promised, "c");
    submit(&f, &prepared, "d");
    open_gates("c");
    tincture_queue_close(f.queue);
    g_assert_cmpstr(world.ran->str, ==, "ac");
    submit(&f, &plain, "e");
    g_assert_cmpuint(f.mirror->len, ==, 0);
    end(&f);
}

// ---- the family ---------------------------------------------------------------------------------

static void test_table(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (int i = 0; job_table[i]; i++) {
        const struct job_type *type = job_table[i];
        g_assert_true(*type->member.name && *type->member.title && *type->member.summary);
        g_assert_true(g_hash_table_add(names, (gpointer)type->member.name));
        g_assert_true(type->run || type->prepare);
        const struct job_inputs in = {.path = "/nowhere", .title = "a title"};
        g_autoptr(TinctureJob) job = tincture_job_new(type, &in);
        g_autofree char *title = NULL;
        int state;
        double fraction;
        g_object_get(job, "title", &title, "state", &state, "fraction", &fraction, NULL);
        g_assert_cmpstr(title, ==, type->member.title);
        g_assert_cmpint(state, ==, JOB_WAITING);
        g_assert_cmpfloat(fraction, <, 0);
        g_assert_true(job->in.path != in.path); // its own
        g_assert_cmpstr(job->in.path, ==, in.path);
    }
}

// Each finds, is told of and cancels what is its own, and what is nobody's; who goes takes along
// all but what was promised or stays.
static void test_owners(void)
{
    struct fixture f;
    begin(&f);
    GObject *one = g_object_new(G_TYPE_OBJECT, NULL), *two = g_object_new(G_TYPE_OBJECT, NULL);
    TinctureJob *a = submit_for(&f, one, &plain, "a");
    TinctureJob *b = submit_for(&f, two, &plain, "b");
    submit_for(&f, one, &promised, "c");
    TinctureJob *d = submit_for(&f, one, &stays, "d");
    TinctureJob *e = submit_for(&f, two, &watched, "e");
    submit_for(&f, one, &plain, "f");
    g_assert_true(tincture_queue_find(f.queue, two, &plain) == b);
    g_assert_null(tincture_queue_find(f.queue, two, &stays));
    g_assert_true(tincture_queue_shown(f.queue, one) == a);
    g_assert_true(tincture_queue_shown(f.queue, two) == e);
    wait_running(a);
    g_assert_false(tincture_queue_cancel(f.queue, two, &stays));
    tincture_queue_leave(f.queue, one);
    g_assert_true(tincture_job_is_cancelled(a));
    g_assert_null(d->owner);
    g_assert_true(tincture_queue_shown(f.queue, two) == e);
    open_gates("bcde");
    wait_finished(&f, "fxaxbcde");
    TinctureJob *g = submit(&f, &plain, "g");
    g_assert_true(tincture_queue_shown(f.queue, two) == g);
    g_assert_true(tincture_queue_cancel(f.queue, two, NULL)); // as it is told of it
    wait_finished(&f, "fxaxbcdegx");
    g_assert_finalize_object(one); // no job has it any more
    end(&f);
    g_object_unref(two);
}

// What another window asks for does not wait for what is made apart for a photo of this one; what
// this one asks for, and what is made apart, does.
static void test_elsewhere(void)
{
    struct fixture f;
    begin(&f);
    GObject *one = g_object_new(G_TYPE_OBJECT, NULL), *two = g_object_new(G_TYPE_OBJECT, NULL);
    TinctureJob *a = submit_for(&f, one, &apart, "a");
    wait_running(a);
    submit_for(&f, one, &plain, "b");
    submit_for(&f, two, &apart, "c");
    submit_for(&f, two, &stays, "d");
    assert_list(&f, "abcd");
    submit_for(&f, two, &plain, "e");
    open_gates("e");
    wait_finished(&f, "e");
    assert_list(&f, "abcd");
    wait_ran("aea");
    open_gates("abcd");
    wait_finished(&f, "eabcd");
    end(&f);
    g_object_unref(one);
    g_object_unref(two);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/queue/order", test_order);
    g_test_add_func("/queue/live", test_live);
    g_test_add_func("/queue/owners", test_owners);
    g_test_add_func("/queue/elsewhere", test_elsewhere);
    g_test_add_func("/queue/patient", test_patient);
    g_test_add_func("/queue/promised", test_promised);
    g_test_add_func("/queue/makes-way", test_makes_way);
    g_test_add_func("/queue/close-in-between", test_close_in_between);
    g_test_add_func("/queue/by-hand", test_by_hand);
    g_test_add_func("/queue/prepare", test_prepare);
    g_test_add_func("/queue/only-prepared", test_only_prepared);
    g_test_add_func("/queue/shown", test_shown);
    g_test_add_func("/queue/pause", test_pause);
    g_test_add_func("/queue/failure", test_failure);
    g_test_add_func("/queue/cancel", test_cancel);
    g_test_add_func("/queue/cancel-all", test_cancel_all);
    g_test_add_func("/queue/cancel-promised", test_cancel_promised);
    g_test_add_func("/queue/question", test_question);
    g_test_add_func("/queue/question-to-nobody", test_question_to_nobody);
    g_test_add_func("/queue/close", test_close);
    g_test_add_func("/queue/table", test_table);
    return g_test_run();
}
