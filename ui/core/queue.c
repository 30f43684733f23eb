#include "ui/core/queue.h"

enum {
    LINGER_MS = 700,  // from the end of a live job until what made way for it goes on
    REPORT_MS = 100,  // between two times that what jobs report is shown
    FAILED_MOST = 50, // that are kept
};

struct _TinctureQueue {
    GObject parent_instance;

    // owned
    GPtrArray *jobs;    // TinctureJob
    GListStore *failed; // TinctureJob
    GThread *thread;    // NULL: closed
    GThreadPool *reader;
    GAsyncQueue *work; // TinctureJob for the thread; the queue itself: the end

    // borrowed
    struct engine *engine;
    TinctureJob *running; // one of jobs; NULL: the thread waits

    // state
    bool paused;
    bool hurries; // what runs makes way for live jobs alone
    guint sweep;  // source that takes cancelled jobs out
    guint linger; // source that lets what made way go on
    guint news;   // source that tells what jobs have reported
};

enum { SIGNAL_CHANGED, SIGNAL_REPORT, SIGNAL_QUESTION, SIGNAL_FINISHED, N_SIGNALS };
static guint signals[N_SIGNALS];

// ---- the list -----------------------------------------------------------------------------------

static GType get_item_type(GListModel *model)
{
    return TINCTURE_TYPE_JOB;
}

static guint get_n_items(GListModel *model)
{
    return TINCTURE_QUEUE(model)->jobs->len;
}

static gpointer get_item(GListModel *model, guint position)
{
    const TinctureQueue *self = TINCTURE_QUEUE(model);
    return position < self->jobs->len ? g_object_ref(self->jobs->pdata[position]) : NULL;
}

static void list_model_init(GListModelInterface *interface)
{
    interface->get_item_type = get_item_type;
    interface->get_n_items = get_n_items;
    interface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE(TinctureQueue, tincture_queue, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

static void changed(TinctureQueue *self)
{
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

static void insert(TinctureQueue *self, TinctureJob *job, guint position)
{
    g_ptr_array_insert(self->jobs, (gint)position, job);
    g_list_model_items_changed(G_LIST_MODEL(self), position, 0, 1);
}

static TinctureJob *take_out(TinctureQueue *self, TinctureJob *job)
{
    guint position;
    const bool there = g_ptr_array_find(self->jobs, job, &position);
    g_assert(there); // a job ends once
    g_ptr_array_steal_index(self->jobs, position);
    g_list_model_items_changed(G_LIST_MODEL(self), position, 1, 0);
    return job;
}

// What is made apart waits for none of these.
#define JOB_NO_HASTE (JOB_APART | JOB_PATIENT | JOB_LASTING | JOB_STAYS)

// Whether a job takes as long as it takes, and the other is asked for meanwhile: of what is made
// apart for a photo, its own window asks only for what is promised, as the rest may be of the photo
// that is open when it ends.
static bool comes_behind(const TinctureJob *job, const TinctureJob *other)
{
    const unsigned rank = job->type->rank, than = other->type->rank;
    const bool meanwhile = rank & JOB_STAYS || than & JOB_PROMISED || job->owner != other->owner;
    return (rank & ~than & JOB_PATIENT) ||
           (rank & JOB_APART && !(than & JOB_NO_HASTE) && meanwhile);
}

// A live job behind what runs and the live ones that wait, a patient one at the end, others before
// what comes behind them.
static guint place_for(const TinctureQueue *self, const TinctureJob *job)
{
    guint i = self->running ? 1 : 0;
    while (i < self->jobs->len) {
        const TinctureJob *other = self->jobs->pdata[i];
        if (job->type->rank & JOB_LIVE ? !(other->type->rank & JOB_LIVE)
                                       : comes_behind(other, job)) {
            break;
        }
        i++;
    }
    return i;
}

static bool makes_way_for(const TinctureJob *running, const TinctureJob *job)
{
    const unsigned rank = running->type->rank;
    return comes_behind(running, job) ||
           (job->type->rank & JOB_LIVE && !(rank & (JOB_LIVE | JOB_LASTING)));
}

// What a job that runs no more makes way for comes before it: the live ones alone where it hurries.
// Whoever shows the others sees none of them move.
static void let_pass(TinctureQueue *self, const TinctureJob *job)
{
    guint at;
    g_ptr_array_find(self->jobs, job, &at);
    for (guint i = at + 1; i < self->jobs->len; i++) {
        TinctureJob *other = self->jobs->pdata[i];
        if (self->hurries ? other->type->rank & JOB_LIVE : makes_way_for(job, other)) {
            insert(self, take_out(self, other), at++);
        }
    }
}

static void make_way(TinctureQueue *self, const TinctureJob *job)
{
    TinctureJob *running = self->running;
    if (running && !self->paused && makes_way_for(running, job)) {
        self->hurries = (self->hurries || !running->makes_way) && job->type->rank & JOB_LIVE;
        tincture_job_make_way(running);
    }
}

static bool is_of(const TinctureJob *job, gconstpointer owner)
{
    return !owner || job->owner == owner;
}

// What is nobody's concerns all.
static bool concerns(const TinctureJob *job, gconstpointer owner)
{
    return !job->owner || is_of(job, owner);
}

static bool is_free(TinctureQueue *self, gconstpointer owner)
{
    for (guint i = 0; i < self->jobs->len; i++) {
        const TinctureJob *job = self->jobs->pdata[i];
        if (concerns(job, owner) && !(job->type->rank & JOB_PATIENT) &&
            (!job->paused || job == self->running)) {
            return false;
        }
    }
    return true;
}

bool tincture_queue_is_free(TinctureQueue *self)
{
    return is_free(self, NULL);
}

// ---- running ------------------------------------------------------------------------------------

static bool can_begin(const TinctureJob *job)
{
    return job->state == JOB_WAITING && !tincture_job_is_cancelled(job) && !job->paused;
}

static void begin_next(TinctureQueue *self)
{
    if (self->running || self->paused) {
        return;
    }
    for (guint i = 0; i < self->jobs->len; i++) {
        TinctureJob *job = self->jobs->pdata[i];
        if (can_begin(job) && job->begun && self->linger) {
            return; // those behind it do not overtake it
        }
        if (can_begin(job)) {
            self->running = job;
            if (i > 0) {
                insert(self, take_out(self, job), 0);
            }
            tincture_job_set_state(job, JOB_RUNNING);
            g_async_queue_push(self->work, job);
            return;
        }
    }
}

static gboolean linger_cb(gpointer data)
{
    TinctureQueue *self = data;
    self->linger = 0;
    begin_next(self);
    changed(self);
    return G_SOURCE_REMOVE;
}

static void linger(TinctureQueue *self)
{
    g_clear_handle_id(&self->linger, g_source_remove);
    self->linger = g_timeout_add(LINGER_MS, linger_cb, self);
}

static void keep_failed(TinctureQueue *self, TinctureJob *job)
{
    g_list_store_insert(self->failed, 0, job);
    if (g_list_model_get_n_items(G_LIST_MODEL(self->failed)) > FAILED_MOST) {
        g_list_store_remove(self->failed, FAILED_MOST);
    }
}

static void finish(TinctureQueue *self, TinctureJob *job)
{
    const bool cancelled = g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    if (self->running == job) {
        self->running = NULL;
    }
    g_autoptr(TinctureJob) finished = take_out(self, job);
    g_signal_handlers_disconnect_by_data(finished, self);
    tincture_job_set_state(finished, cancelled         ? JOB_CANCELLED
                                     : finished->error ? JOB_FAILED
                                                       : JOB_DONE);
    if (finished->state == JOB_FAILED && !(finished->type->rank & JOB_LIVE)) {
        keep_failed(self, finished);
    }
    if (self->thread && finished->type->rank & JOB_LIVE) {
        linger(self);
    }
    if (self->thread && finished->begun && cancelled && finished->type->let_go) {
        g_async_queue_push(self->work, g_object_ref(finished));
    }
    g_signal_emit(self, signals[SIGNAL_FINISHED], 0, finished);
    if (self->thread) {
        begin_next(self);
        changed(self);
    }
}

// Whether it only made way, and waits for its turn again.
static bool waits_again(TinctureQueue *self, TinctureJob *job)
{
    if (!tincture_job_again(job)) {
        return false;
    }
    self->running = NULL;
    if (self->hurries || !(job->type->rank & JOB_PATIENT)) {
        let_pass(self, job);
    } else {
        take_out(self, job);
        insert(self, job, place_for(self, job));
    }
    tincture_job_set_state(job, JOB_WAITING);
    begin_next(self);
    changed(self);
    return true;
}

// What comes from a thread to the main loop.
struct arrival {
    TinctureQueue *queue;
    TinctureJob *job;
};

static void arrival_free(gpointer data)
{
    struct arrival *arrival = data;
    g_object_unref(arrival->job);
    g_object_unref(arrival->queue);
    g_free(arrival);
}

static void send(TinctureQueue *self, TinctureJob *job, GSourceFunc arrive)
{
    struct arrival *arrival = g_new(struct arrival, 1);
    *arrival = (struct arrival){g_object_ref(self), g_object_ref(job)};
    g_idle_add_full(G_PRIORITY_DEFAULT, arrive, arrival, arrival_free);
}

static gboolean done_cb(gpointer data)
{
    const struct arrival *arrival = data;
    if (arrival->queue->thread && !waits_again(arrival->queue, arrival->job)) {
        finish(arrival->queue, arrival->job);
    }
    return G_SOURCE_REMOVE;
}

// The thread has nothing of it any more.
static gboolean let_go_cb(gpointer data)
{
    const struct arrival *arrival = data;
    g_object_unref(arrival->job);
    return G_SOURCE_REMOVE;
}

static gboolean prepared_cb(gpointer data)
{
    const struct arrival *arrival = data;
    TinctureQueue *self = arrival->queue;
    if (!self->thread) {
        return G_SOURCE_REMOVE;
    }
    if (arrival->job->error || !arrival->job->type->run ||
        g_cancellable_set_error_if_cancelled(arrival->job->cancel, &arrival->job->error)) {
        finish(self, arrival->job);
    } else {
        tincture_job_set_state(arrival->job, JOB_WAITING);
        make_way(self, arrival->job);
        begin_next(self);
        changed(self);
    }
    return G_SOURCE_REMOVE;
}

static void prepare_cb(gpointer data, gpointer queue)
{
    TinctureJob *job = data;
    if (!g_cancellable_set_error_if_cancelled(job->cancel, &job->error)) {
        job->type->prepare(job, &job->error);
    }
    send(queue, job, prepared_cb);
}

static gpointer thread_main(gpointer data)
{
    TinctureQueue *self = data;
    gpointer item;
    while ((item = g_async_queue_pop(self->work)) != self) {
        TinctureJob *job = item;
        if (job->error && !tincture_job_again(job)) { // it was stopped while it waited to go on
            job->type->let_go(job, self->engine);
            send(self, job, let_go_cb);
            continue;
        }
        if (!g_cancellable_set_error_if_cancelled(job->cancel, &job->error)) {
            tincture_job_run(job, self->engine);
        }
        send(self, job, done_cb);
    }
    return NULL;
}

// ---- cancelling ---------------------------------------------------------------------------------

// Those that no thread has. The others see for themselves.
static gboolean sweep_cb(gpointer data)
{
    TinctureQueue *self = data;
    self->sweep = 0;
    for (guint i = 0; i < self->jobs->len;) {
        TinctureJob *job = self->jobs->pdata[i];
        if (job->state == JOB_WAITING &&
            g_cancellable_set_error_if_cancelled(job->cancel, &job->error)) {
            finish(self, job); // who hears of it may change the list
            i = 0;
        } else {
            i++;
        }
    }
    return G_SOURCE_REMOVE;
}

static void cancelled_cb(TinctureJob *job, TinctureQueue *self)
{
    if (!self->sweep && self->thread) {
        self->sweep = g_idle_add_full(G_PRIORITY_DEFAULT, sweep_cb, self, NULL);
    }
}

// What was promised and only waits is not what a person wants to stop, unless it is all there is.
static bool cancel_all(TinctureQueue *self, gconstpointer owner, bool promised)
{
    const unsigned kept = JOB_LASTING | (is_free(self, owner) ? 0 : JOB_PATIENT);
    bool any = false;
    for (guint i = 0; i < self->jobs->len; i++) {
        TinctureJob *job = self->jobs->pdata[i];
        const bool waits = job != self->running && job->type->rank & JOB_PROMISED;
        if (concerns(job, owner) && !(job->type->rank & kept) && (promised || !waits)) {
            tincture_job_cancel(job);
            any = true;
        }
    }
    return any;
}

bool tincture_queue_cancel(TinctureQueue *self, gconstpointer owner, const struct job_type *type)
{
    if (!type) {
        return cancel_all(self, owner, false) || cancel_all(self, owner, true);
    }
    bool any = false;
    for (guint i = 0; i < self->jobs->len; i++) {
        TinctureJob *job = self->jobs->pdata[i];
        if (is_of(job, owner) && job->type == type) {
            tincture_job_cancel(job);
            any = true;
        }
    }
    return any;
}

static bool outlives(const TinctureJob *job)
{
    return job->type->rank & (JOB_STAYS | JOB_PROMISED);
}

void tincture_queue_leave(TinctureQueue *self, gconstpointer owner)
{
    for (guint i = 0; i < self->jobs->len; i++) {
        TinctureJob *job = self->jobs->pdata[i];
        if (job->owner == owner && outlives(job)) {
            g_clear_object(&job->owner);
            tincture_job_answer(job, true);
        } else if (job->owner == owner) {
            tincture_job_cancel(job);
        }
    }
    for (guint i = g_list_model_get_n_items(G_LIST_MODEL(self->failed)); i-- > 0;) {
        g_autoptr(TinctureJob) job = g_list_model_get_item(G_LIST_MODEL(self->failed), i);
        if (job->owner == owner && outlives(job)) {
            g_clear_object(&job->owner);
        } else if (job->owner == owner) {
            g_list_store_remove(self->failed, i);
        }
    }
    changed(self);
}

// ---- what can be asked --------------------------------------------------------------------------

static gboolean news_cb(gpointer data)
{
    TinctureQueue *self = data;
    self->news = 0;
    changed(self);
    return G_SOURCE_REMOVE;
}

// A training reports thirty times a second, and drawing that anew each time takes from it what it
// works with.
static void report_cb(TinctureJob *job, gpointer report, TinctureQueue *self)
{
    g_signal_emit(self, signals[SIGNAL_REPORT], 0, job, report);
    if (!self->news && self->thread) {
        self->news = g_timeout_add(REPORT_MS, news_cb, self);
    }
}

static void question_cb(TinctureJob *job, const char *text, TinctureQueue *self)
{
    if (g_signal_has_handler_pending(self, signals[SIGNAL_QUESTION], 0, FALSE)) {
        g_signal_emit(self, signals[SIGNAL_QUESTION], 0, job, text);
    } else {
        tincture_job_answer(job, true);
    }
}

void tincture_queue_submit(TinctureQueue *self, gpointer owner, TinctureJob *job)
{
    if (!self->thread) {
        g_object_unref(job);
        return;
    }
    g_set_object(&job->owner, owner);
    job->submitted_us = g_get_monotonic_time();
    g_signal_connect(job, "report", G_CALLBACK(report_cb), self);
    g_signal_connect(job, "question", G_CALLBACK(question_cb), self);
    g_signal_connect(job, "cancelled", G_CALLBACK(cancelled_cb), self);
    insert(self, job, place_for(self, job));
    if (job->type->prepare) {
        tincture_job_set_state(job, JOB_PREPARING);
        g_thread_pool_push(self->reader, job, NULL);
    } else {
        make_way(self, job);
        begin_next(self);
    }
    changed(self);
}

TinctureJob *tincture_queue_find(TinctureQueue *self, gconstpointer owner,
                                 const struct job_type *type)
{
    for (guint i = self->jobs->len; i-- > 0;) {
        TinctureJob *job = self->jobs->pdata[i];
        if (is_of(job, owner) && job->type == type) {
            return job;
        }
    }
    return NULL;
}

TinctureJob *tincture_queue_shown(TinctureQueue *self, gconstpointer owner)
{
    TinctureJob *first = NULL;
    for (guint i = 0; i < self->jobs->len; i++) {
        TinctureJob *job = self->jobs->pdata[i];
        if (!concerns(job, owner)) {
            continue;
        }
        if (job->type->rank & JOB_WATCHED && !job->paused) {
            return job;
        }
        first = !first || (first->paused && !job->paused) ? job : first;
    }
    return first;
}

// ---- what a person wants of it ------------------------------------------------------------------

bool tincture_queue_can_pause(const TinctureJob *job)
{
    return job->type->run && !(job->type->rank & (JOB_LIVE | JOB_LASTING));
}

void tincture_queue_pause(TinctureQueue *self, TinctureJob *job, bool paused)
{
    if (job->paused == paused || !tincture_queue_can_pause(job)) {
        return;
    }
    job->paused = paused;
    if (paused && job == self->running) {
        self->hurries = self->hurries || !job->makes_way; // it keeps its place
        tincture_job_make_way(job);
    }
    begin_next(self);
    changed(self);
}

// Where it goes; its own place: nowhere.
static guint place_moved(TinctureQueue *self, const TinctureJob *job, int by)
{
    guint at;
    if (job == self->running || job->type->rank & JOB_LIVE ||
        !g_ptr_array_find(self->jobs, job, &at)) {
        return G_MAXUINT;
    }
    const guint to = at + (guint)by; // below 0 it is above all
    const TinctureJob *other = to < self->jobs->len ? self->jobs->pdata[to] : NULL;
    return other && other != self->running && !(other->type->rank & JOB_LIVE) ? to : G_MAXUINT;
}

bool tincture_queue_can_move(TinctureQueue *self, const TinctureJob *job, int by)
{
    return place_moved(self, job, by) != G_MAXUINT;
}

bool tincture_queue_move(TinctureQueue *self, TinctureJob *job, int by)
{
    const guint to = place_moved(self, job, by);
    if (to != G_MAXUINT) {
        insert(self, take_out(self, job), to);
        changed(self);
    }
    return to != G_MAXUINT;
}

GListModel *tincture_queue_get_failed(TinctureQueue *self)
{
    return G_LIST_MODEL(self->failed);
}

void tincture_queue_forget(TinctureQueue *self, TinctureJob *job)
{
    guint at;
    if (g_list_store_find(self->failed, job, &at)) {
        g_list_store_remove(self->failed, at);
        changed(self);
    }
}

void tincture_queue_set_paused(TinctureQueue *self, bool paused)
{
    if (self->paused != paused) {
        self->paused = paused;
        begin_next(self);
        changed(self);
    }
}

bool tincture_queue_is_paused(TinctureQueue *self)
{
    return self->paused;
}

// ---- the object ---------------------------------------------------------------------------------

TinctureQueue *tincture_queue_new(struct engine *engine)
{
    TinctureQueue *self = g_object_new(TINCTURE_TYPE_QUEUE, NULL);
    self->engine = engine;
    self->reader = g_thread_pool_new(prepare_cb, self, 1, TRUE, NULL);
    self->thread = g_thread_new("engine", thread_main, self);
    return self;
}

// Those that were promised: what was being prepared is ready by then. What makes way right now has
// ended when the thread comes to it, or goes on.
static void run_promised(TinctureQueue *self)
{
    for (guint i = 0; i < self->jobs->len; i++) {
        TinctureJob *job = self->jobs->pdata[i];
        const bool goes_on = job == self->running ? job->makes_way : !job->error;
        if (goes_on && !tincture_job_is_cancelled(job)) {
            g_async_queue_push(self->work, job);
        }
    }
}

void tincture_queue_close(TinctureQueue *self)
{
    if (!self->thread) {
        return;
    }
    for (guint i = 0; i < self->jobs->len; i++) {
        TinctureJob *job = self->jobs->pdata[i];
        g_signal_handlers_disconnect_by_data(job, self);
        if (!(job->type->rank & JOB_PROMISED)) {
            tincture_job_cancel(job);
        }
        tincture_job_answer(job, true); // nobody is there to be asked
    }
    g_thread_pool_free(self->reader, FALSE, TRUE);
    run_promised(self);
    g_async_queue_push(self->work, self);
    g_thread_join(g_steal_pointer(&self->thread));
    g_clear_handle_id(&self->sweep, g_source_remove);
    g_clear_handle_id(&self->linger, g_source_remove);
    g_clear_handle_id(&self->news, g_source_remove);
    const guint n = self->jobs->len;
    g_ptr_array_set_size(self->jobs, 0);
    g_list_model_items_changed(G_LIST_MODEL(self), 0, n, 0);
    g_list_store_remove_all(self->failed);
    self->running = NULL;
}

static void tincture_queue_dispose(GObject *object)
{
    tincture_queue_close(TINCTURE_QUEUE(object));
    G_OBJECT_CLASS(tincture_queue_parent_class)->dispose(object);
}

static void tincture_queue_finalize(GObject *object)
{
    TinctureQueue *self = TINCTURE_QUEUE(object);
    g_ptr_array_unref(self->jobs);
    g_object_unref(self->failed);
    g_async_queue_unref(self->work);
    G_OBJECT_CLASS(tincture_queue_parent_class)->finalize(object);
}

static void tincture_queue_class_init(TinctureQueueClass *class)
{
    const GType type = G_TYPE_FROM_CLASS(class);
    G_OBJECT_CLASS(class)->dispose = tincture_queue_dispose;
    G_OBJECT_CLASS(class)->finalize = tincture_queue_finalize;
    signals[SIGNAL_CHANGED] =
        g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_REPORT] = g_signal_new("report", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 2, TINCTURE_TYPE_JOB, G_TYPE_POINTER);
    signals[SIGNAL_QUESTION] = g_signal_new("question", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                            NULL, G_TYPE_NONE, 2, TINCTURE_TYPE_JOB, G_TYPE_STRING);
    signals[SIGNAL_FINISHED] = g_signal_new("finished", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                            NULL, G_TYPE_NONE, 1, TINCTURE_TYPE_JOB);
}

static void tincture_queue_init(TinctureQueue *self)
{
    self->jobs = g_ptr_array_new_with_free_func(g_object_unref);
    self->failed = g_list_store_new(TINCTURE_TYPE_JOB);
    self->work = g_async_queue_new();
}
