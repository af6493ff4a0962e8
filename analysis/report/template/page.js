document.querySelectorAll('.player').forEach(function (player) {
  var frames = JSON.parse(player.querySelector('script').textContent);
  var image = player.querySelector('img'), slider = player.querySelector('input');
  var output = player.querySelector('output'), play = player.querySelector('.play');
  var last = frames.length - 1, timer = null;

  function show(frame) {
    slider.value = Math.max(0, Math.min(last, frame));
    image.src = 'data:image/png;base64,' + frames[slider.value].png;
    output.textContent = frames[slider.value].label;
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = 'play';
  }

  function go(frame) {
    stop();
    show(frame);
  }

  function toggle() {
    if (timer) { stop(); return; }
    if (Number(slider.value) === last) { show(0); }
    play.textContent = 'stop';
    timer = setInterval(function () {
      show(Number(slider.value) + 1);
      if (Number(slider.value) === last) { stop(); }
    }, 250);
  }

  var keys = {
    ArrowLeft: function () { go(Number(slider.value) - 1); },
    ArrowRight: function () { go(Number(slider.value) + 1); },
    Home: function () { go(0); },
    End: function () { go(last); },
    ' ': toggle
  };
  player.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) { return; }
    event.preventDefault();  // neither the page nor a button moves as well
    keys[event.key]();
  });
  slider.max = last;
  slider.addEventListener('input', function () { go(Number(slider.value)); });
  play.addEventListener('click', toggle);
  player.querySelector('.first').addEventListener('click', function () { go(0); });
  player.querySelector('.last').addEventListener('click', function () { go(last); });
  show(0);
});
