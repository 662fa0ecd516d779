document.body.textContent = "Hello from Vite";
